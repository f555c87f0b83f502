"""The short form of `python -m tests.chaos.messages`: every message at least once, in order, whatever fails."""

from sqlalchemy import Engine

from tests.chaos.messages import play


def test_every_message_comes_in_order_whoever_is_killed(engine: Engine) -> None:
    told = play(engine, tasks=30, kills=8, seed=1)
    assert told.complaints == ()
    assert told.messages >= 30
    # Something failed, and what came twice was known by its id.
    assert told.requests > told.messages
    assert told.repeats > 0
