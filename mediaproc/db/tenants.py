"""The tenants' places in the order: where a tenant's next task stands."""

from sqlalchemy import CTE, REAL, Text, bindparam, func
from sqlalchemy.dialects.postgresql import insert

from mediaproc.db.schema import media_tenant

_tenant = media_tenant.c


def start_of_next(*, tenant: str, cost: str) -> CTE:
    """One row: the `last_start` of the tenant, moved to its next task of this cost; both are names of parameters.

    `core.position.next_start` in SQL. The tenant's row stays locked until the transaction ends: tasks that one tenant
    enqueues at the same time stand in line behind each other, and other tenants wait for none of them. What the row
    says is read after the lock is there, and not as of the statement's begin.
    """
    comes = insert(media_tenant).values(
        tenant=bindparam(tenant, type_=Text),
        last_start=func.media_process_virtual_now(),
        last_cost=bindparam(cost, type_=REAL),
    )
    behind_its_last = _tenant.last_start + _tenant.last_cost / _tenant.weight
    return (
        comes.on_conflict_do_update(
            index_elements=[_tenant.tenant],
            set_={
                "last_start": func.greatest(comes.excluded.last_start, behind_its_last),
                "last_cost": comes.excluded.last_cost,
            },
        )
        .returning(_tenant.last_start)
        .cte("tenant_start")
    )
