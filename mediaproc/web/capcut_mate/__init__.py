"""capcut-mate's API, for its clients: its paths, fields, codes and sentences; always answered with status 200.

Start at `router.py`, the calls. `callers.py` says who may ask, `bodies.py` what they send, `answers.py` how an answer
and an error are written, `task_view.py` what is told of one draft.
"""
