"""The statements that remove old rows: each one a short transaction's batch, by an index, past rows that are locked.

What is where:

- attempts: `old_attempts.py` (their log tails, then the rows)
- tasks that are done, with their renditions and sources: `old_history.py`
- acts: `old_audit.py`
- messages: `old_deliveries.py`
- credentials that are over, and answers to repeated requests: `old_access.py`
"""
