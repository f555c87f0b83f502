"""The due tasks of the buckets that an executor owns: one statement and one index for every shard of every total."""

from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    any_,
    bindparam,
    func,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY

from mediaproc.core.shard import BUCKETS, Shard
from mediaproc.db.schema import media_process
from mediaproc.db.schema.conditions import CLAIMABLE, CLAIMABLE_BY_KEY
from mediaproc.db.tasks.claim_order import claim_key, claim_order

_task = media_process.c

# As a literal, like the limit of the claim itself.
_MOST_OF_EACH = bindparam("most_of_each_bucket", type_=Integer, literal_execute=True)
# So many candidates more than may be claimed, of all buckets together: for those that others have locked meanwhile.
_MORE = 32


def bucket_values(shard: Shard, *, limit: int) -> dict[str, object]:
    """For the parameters of a claim that was built for another automatic shard; `limit` is the claim's."""
    more = -(-_MORE // max(1, len(shard.buckets)))
    return {"own_buckets": list(shard.buckets), "most_of_each_bucket": limit + more}


def of_buckets(shard: Shard) -> ColumnElement[bool]:
    """Whether the automatic shard owns the task's bucket."""
    return _bucket() == any_(_own(shard))


def due_in_buckets(shard: Shard, *, limit: BindParameter[int], whose: ColumnElement[bool]) -> Select[int]:
    """The ids to claim, in the claim's order: the first ones of each bucket, merged. Only what is taken is locked.

    To lock them in each bucket would write a row's lock for every candidate, a hundred times what is claimed.
    """
    # The name of its column is none of the table's.
    bucket = func.unnest(_own(shard)).table_valued("number", name="own_bucket").render_derived()
    first_ones = (
        select(*claim_key(media_process))
        .where(text(CLAIMABLE), _bucket() == bucket.c.number, _task.next_attempt_at <= func.now(), whose)
        .order_by(*claim_order(media_process))
        .limit(_MOST_OF_EACH)
        .lateral("first_ones")
    )
    merged = (
        select(*claim_key(first_ones))
        .select_from(bucket.join(first_ones, true()))
        .order_by(*claim_order(first_ones))
        .subquery("candidates")
    )
    locked = media_process.alias("locked_task")
    return (
        select(locked.c.id)
        .join(merged, merged.c.id == locked.c.id)
        # Here once more: by the time that it is locked, another executor may have claimed it.
        .where(text(CLAIMABLE_BY_KEY), locked.c.next_attempt_at <= func.now())
        .order_by(*claim_order(merged))
        .limit(limit)
        .with_for_update(of=locked, skip_locked=True)
    )


def _bucket() -> ColumnElement[int]:
    """As the index has it."""
    return _task.id % _literal(BUCKETS)


def _own(shard: Shard) -> BindParameter[Sequence[int]]:
    return bindparam("own_buckets", list(shard.buckets), type_=ARRAY(BigInteger))


def _literal(number: int) -> BindParameter[int]:
    return bindparam(None, number, type_=Integer, literal_execute=True, unique=True)
