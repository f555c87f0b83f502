"""`mediaproc` without the token in the DELETE that settles: shows what a zombie does to a queue without fencing.

Run as a program, the negative control of the tests of zombies.
"""

from sqlalchemy import CTE, bindparam, delete

from mediaproc.cli import main
from mediaproc.db import engine
from mediaproc.db.schema import media_process
from mediaproc.db.tasks import settle


def removed_by_id() -> CTE:
    task_id = bindparam("told_task_id", type_=media_process.c.id.type)
    unfenced = delete(media_process).where(media_process.c.id == task_id, media_process.c.status == "processing")
    return unfenced.returning(*media_process.c).cte("settled_task")


if __name__ == "__main__":
    # No timeout ends the statement that the zombie had sent when it was stopped, however long the test takes.
    engine.TimeLimitedConnection.answer_timeout = None
    engine.IDLE_IN_TRANSACTION_TIMEOUT = 600
    settle._removed = removed_by_id  # noqa: SLF001 - the guard under test has no other handle
    main()
