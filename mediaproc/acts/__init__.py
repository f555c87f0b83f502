"""What persons and programs do to a site: each act is one function, whoever asks for it.

An act takes its `actor`, changes what it may by guarded statements and leaves a line of audit in the same transaction.
It returns what it really changed; it prints nothing and asks nobody. The command line calls these functions, and so may
any other program.

What is where:

- tasks: `tasks.py` (retry, cancel, reject, priority), `completion.py` (with a file that a person made)
- what such an act came to, in sentences: `task_answers.py`; on many tasks that somebody has counted before: `bulk.py`
- uploads: `files.py`
- the site: `pauses.py`, `schedules.py`, `webhooks.py`
- who may ask over HTTP: `tokens.py`, `logins.py` (of browsers), `share_links.py` (of uploaders)
"""
