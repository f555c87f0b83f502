"""The statements of the claim protocol, and what a person does to a task.

What is where:

- its beginning: `insert.py`, which also finds the tasks that a file has already; `tasks_of_file.py` (each once)
- a claim: `claim.py` (start here), `looks.py` (where it looks), `due_tasks.py` (which tasks are due for an
  executor), `shard_buckets.py` (those of automatic shards), `shard_indexes.py` (what finds those of fixed ones),
  `paused_tasks.py` (what a person has paused), `claim_order.py` (which comes first), `lease.py` (its renewal)
- what it is at: `attempt_notes.py`, `watched_progress.py` (while somebody watches); what only waits, and is wanted
  elsewhere: `waiting_tasks.py`
- its end: `settle.py` (the verdict), `follow_up.py` (with the task that goes on with what it brought),
  `claim_standing.py` (whether one that got no answer was written), `release.py`,
  `expired_leases.py` (its lease ran out, or its executor is dead), `unclaimed.py` (the columns of a task without a
  claim)
- strikes that the task did not earn: `take_back_strikes.py`, `peer_comparison.py`
- a person: `operator_acts.py` (retry, cancel, reject, change the priority), `selected_tasks.py` (of which tasks, in
  batches)
- a person's own claim, for a rendition made elsewhere: `person_claim.py`
- objects of claims that did not win: `sweep.py`
- locked rows: `row_locks.py`
"""
