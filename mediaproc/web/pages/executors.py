"""The executors: who there is, what each of them works on, and what is paused."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from mediaproc.core.access import Scope
from mediaproc.db.pauses import PauseLine, pauses_in_force
from mediaproc.db.views import ops
from mediaproc.db.views.ops import ExecutorLine, WorkingLine
from mediaproc.pause_scope import known_profiles
from mediaproc.web.page import ThePage
from mediaproc.web.site import TheSite
from mediaproc.web.tenant_bounds import SiteReader

router = APIRouter(include_in_schema=False)

_SEEN_WITHIN = timedelta(days=1)
# More, each at work on four tasks, would make the page heavier than 60 kB.
MOST = 250


@router.get("/executors", response_model=None)
def list_executors(site: TheSite, page: ThePage, access: SiteReader) -> Response:
    """Those that were seen within a day, the living ones first, and the pauses in force."""
    with site.read() as connection:
        found = ops.executors(connection, seen_within=_SEEN_WITHIN, most=MOST + 1)
        working = _by_executor(ops.working(connection))
        pauses = pauses_in_force(connection)
    executors = sorted(found[:MOST], key=lambda each: _state(each) in {"silent", "stopped"})
    return page.show(
        "executors.html",
        access=access,
        executors=[(each, _state(each)) for each in executors],
        more=MOST if len(found) > MOST else None,
        working=working,
        pauses=pauses,
        paused_executors=_paused_executors(pauses),
        scopes=_scopes(executors, profiles=known_profiles(site.parts)) if access.allows(Scope.OPERATE) else [],
        command="mediaproc status",
    )


def _by_executor(lines: Sequence[WorkingLine]) -> Mapping[UUID, Sequence[WorkingLine]]:
    found = defaultdict[UUID, list[WorkingLine]](list)
    for line in lines:
        found[line.executor_id].append(line)
    return found


def _state(executor: ExecutorLine) -> str:
    """A word of status.toml: whether it works, and if not, why not."""
    if executor.state in {"stopped", "draining"}:
        return executor.state
    if executor.state == "gone":
        return "silent"
    return "paused" if executor.paused_for else "alive"


def _paused_executors(pauses: Sequence[PauseLine]) -> frozenset[str]:
    """The ids of those that are paused by themselves."""
    return frozenset(name for kind, _, name in (line.scope.partition(" ") for line in pauses) if kind == "executor")


def _scopes(executors: Sequence[ExecutorLine], *, profiles: Sequence[str]) -> list[str]:
    """What may be paused, as a pause names it: everything, a profile, a shard of the living."""
    shards = {(each.shard_total, each.shard_index) for each in executors if _state(each) not in {"silent", "stopped"}}
    by_shard = [f"shard {index}/{total}" for total, index in sorted(shards) if total > 1]
    return ["everything", *(f"profile {name}" for name in profiles), *by_shard]
