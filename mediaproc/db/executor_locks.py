"""The advisory lock of an executor: its session holds it, so that it is gone with the executor's last connection."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    cast,
    column,
    exists,
    func,
    literal_column,
    not_,
    select,
    table,
)

# Added to the executor's id in the lock's key, so that other programs' locks stay apart.
_SEED = 0x6D65646961

_lock = table(
    "pg_locks", *map(column, ("locktype", "objsubid", "mode", "granted", "database", "classid", "objid", "pid"))
).c
_activity = table("pg_stat_activity", column("pid"), column("usename")).c


def is_locked(executor_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """As `holds_lock` but for the own lock, at a cost that does not grow with the number of locks.

    It tries the lock, until the transaction ends. Whoever takes its own lock at the same moment may fail to, and tries
    again.
    """
    return not_(func.pg_try_advisory_xact_lock_shared(lock_key(executor_id)))


def holds_lock(executor_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether any session holds the executor's lock: the executor is connected then."""
    return exists(select(1).where(_is_held(executor_id)))


def holds_own_lock(executor_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the session of this statement holds the executor's lock."""
    return exists(select(1).where(_is_held(executor_id), _lock.pid == func.pg_backend_pid()))


def try_lock(executor_id: ColumnElement[Any]) -> Select[Any]:
    """Take the executor's lock for this session, unless another one holds it; gives whether it was taken."""
    return select(func.pg_try_advisory_lock(lock_key(executor_id)))


def end_holder(executor_id: ColumnElement[Any]) -> Select[Any]:
    """End the other session that holds the lock. An executor's id is its process's, so it can only be its own."""
    own_user = select(_activity.pid).where(_activity.usename == literal_column("current_user"))
    return select(func.pg_terminate_backend(_lock.pid)).where(
        _is_held(executor_id), _lock.pid != func.pg_backend_pid(), _lock.pid.in_(own_user)
    )


def lock_key(executor_id: ColumnElement[Any]) -> ColumnElement[int]:
    """The key of the executor's lock."""
    return func.hashtextextended(cast(executor_id, String), _SEED)


def _is_held(executor_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a row of pg_locks is the executor's lock, and granted."""
    # PostgreSQL shows a key of 64 bits in two halves.
    key = cast(_lock.classid, BigInteger).op("<<")(cast(32, Integer)).op("|")(cast(_lock.objid, BigInteger))
    this_database = (
        select(literal_column("oid"))
        .select_from(table("pg_database"))
        .where(literal_column("datname") == func.current_database())
        .scalar_subquery()
    )
    return and_(
        _lock.locktype == "advisory",
        _lock.objsubid == 1,
        # Not the shared one of `is_locked`.
        _lock.mode == "ExclusiveLock",
        _lock.granted,
        _lock.database == this_database,
        key == lock_key(executor_id),
    )
