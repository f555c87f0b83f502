"""Takes back the strike of a lost claim where it was not fair; where a drain is cut short first, the strike stays."""

import threading

from mediaproc import clock
from mediaproc.db.database import Database
from mediaproc.db.tasks.take_back_strikes import take_back_strike
from mediaproc.executor.running_attempt import RunningAttempt


def take_back_unfair_strike(running: RunningAttempt, *, database: Database, give_up: threading.Event) -> bool:
    """Whether a strike was taken back: there was one, and `core/strike_fairness.py` says that an outage caused it.

    The database is asked until it answers, or until `give_up` is set by a drain whose grace is over.
    """
    if running.look(clock.elapsed()).is_fair:
        return False

    def take_back() -> bool:
        with database.write() as connection:
            return take_back_strike(connection, task_id=running.task.id, claim_token=running.task.claim_token)

    taken_back = running.until_answered(take_back, again=take_back, give_up=give_up, waits="settle_waits")
    if taken_back is None:
        running.log.warning(
            "strike_not_taken_back",
            reason="The drain ended before the database answered.",
            consequence="the strike stays",
        )
    elif taken_back:
        running.log.info("strike_taken_back")
    return bool(taken_back)
