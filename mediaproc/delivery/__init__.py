"""Tells other programs what became of tasks: the messages of the outbox go out, each at least once.

What is where: `deliverer.py` (when, and how many at a time; start here), `sending.py` (one message, from its claim to
what is written about it), `alarms.py` (whether the site needs a person).
"""
