"""The executor of one node: claims due tasks for its free slots, works on each, settles what became of it.

The story of a task in six functions, in order:

1. enqueue: `mediaproc/enqueue/enqueuer.py`, `Enqueuer.enqueue` checks a source and uploads it.
2. insert: `mediaproc/db/tasks/insert.py`, `insert_task` inserts the task, due at once, and notifies the executors.
3. fill: `mediaproc/executor/slot_filling.py`, `SlotFiller.fill` claims for the free slots and ahead of the others.
4. claim: `mediaproc/executor/claiming.py`, `Claimer.claim` takes due tasks, by `claim` in
   `mediaproc/db/tasks/claim.py`.
5. work: `mediaproc/work.py`, `work` makes the rendition, or says why not; `attempt_runner.py` calls it and the next
   step in the thread of the attempt.
6. settle: `mediaproc/executor/outcome_writer.py`, `OutcomeWriter.settle` writes what became of the attempt, by
   `settle_completed` or `settle_setback` in `mediaproc/db/tasks/settle.py`.

Who wakes whom:

- `site_schedule.py` calls `Executor.tick` at each moment of its cron expression, which fills every free slot.
- `listening.py` hears that a task has become due; `wake_ups.py` then calls `Executor.wake`, which fills as well.
- An attempt that takes a slot, is past its encode or has settled asks `refilling.py` to fill.
- `heartbeat.py` renews the leases in its own time, and at once when the listener's lock was lost or a drain begins.
  It learns with that which attempts somebody watches; `watched_progress.py` then writes their progress more often.
- `self_fence.py` stops an attempt whose lease or stage has run out; `drain.py` stops all of them at the end.
- `keep_alive.py` starts and ends heartbeat and self-fence, and gives the last sign of life.
- `peer_watch.py` calls the compensation when another executor has died; `site_schedule.py` calls it by its cron.
- `control_watch.py` learns of pauses and changed schedules; `pausing.py` knows why nothing is claimed. A pause that is
  lifted wakes as a due task does.
"""
