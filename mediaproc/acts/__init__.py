"""What persons and programs do to a site: each act is one function, whoever asks for it.

An act takes its `actor`, changes what it may by guarded statements and leaves a line of audit in the same transaction.
It returns what it really changed; it prints nothing and asks nobody. The command line calls these functions, and so may
any other program.

What is where: `pauses.py`, `schedules.py`, `webhooks.py`.
"""
