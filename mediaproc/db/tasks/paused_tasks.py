"""Which tasks no claim takes, since a person has paused them: read in the claim's own statement, and so exact.

A claim that begins after a pause was committed honours it, however late its executor hears of the pause.
"""

from sqlalchemy import (
    ColumnElement,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY

from mediaproc.db.control import is_in_force
from mediaproc.db.schema import media_pause, media_process

_task = media_process.c
_pause = media_pause.c


def not_paused() -> ColumnElement[bool]:
    """Whether the executor `claimant` may claim the task, as far as pauses go.

    That everything or the executor is paused, and which profiles are, PostgreSQL finds out once for the statement;
    while no shard is paused, shards cost no more than that either.
    """
    of_shards = and_(_pause.shard_total.is_not(None), is_in_force())
    is_of_paused_shard = exists(
        select(literal(1)).where(of_shards, _task.id % _pause.shard_total == _pause.shard_index)
    )
    # Inside a CASE the planner cannot estimate it: where all tasks are of one profile, it would take "not of a paused
    # one" for hardly any of them, and sort what is due. Nor does it join the pauses to each task.
    is_paused = case(
        (_task.profile == any_(_paused_profiles()), true()),
        (exists(select(literal(1)).where(of_shards)), is_of_paused_shard),
        else_=false(),
    )
    return and_(not_(_holds_claimant()), not_(is_paused))


def _holds_claimant() -> ColumnElement[bool]:
    claimant = bindparam("claimant", type_=Uuid)
    return exists(
        select(literal(1)).where(
            _pause.profile.is_(None),
            _pause.shard_total.is_(None),
            or_(_pause.executor_id.is_(None), _pause.executor_id == claimant),
            is_in_force(),
        )
    )


def _paused_profiles() -> ColumnElement[list[str]]:
    paused = select(_pause.profile).where(_pause.profile.is_not(None), is_in_force())
    return func.array(paused.scalar_subquery(), type_=ARRAY(Text))
