"""Every screen of the page, with what must be there to see it: each is tried in every look."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mediaproc.core.access import Scope
from tests.web.filled_site import Filled


@dataclass(frozen=True, kw_only=True)
class Screen:
    """A screen by its name; `path` may depend on the rows of a filled site. Without a `scope` nobody is logged in."""

    name: str
    path: Callable[[Filled], str]
    scope: Scope | None = Scope.ADMIN
    tenant: str | None = None
    status: int = 200


def _at(path: str) -> Callable[[Filled], str]:
    return lambda _filled: path


def _shared(state: str) -> Callable[[Filled], str]:
    return lambda filled: filled.shared[state]


SCREENS: Sequence[Screen] = (
    Screen(name="login", path=_at("/login"), scope=None),
    Screen(name="overview", path=_at("/")),
    Screen(name="overview of a tenant", path=_at("/"), tenant="acme"),
    Screen(name="overview of a reader", path=_at("/"), scope=Scope.READ),
    Screen(name="tasks", path=_at("/tasks")),
    Screen(name="tasks of a selection", path=_at("/tasks?q=status:failed%7Crejected&all=true")),
    Screen(name="task that waits", path=lambda filled: f"/tasks/{filled.pending}"),
    Screen(name="task at work", path=lambda filled: f"/tasks/{filled.processing}"),
    Screen(name="failed task", path=lambda filled: f"/tasks/{filled.exhausted}"),
    Screen(name="completed task", path=lambda filled: f"/tasks/{filled.completed}"),
    Screen(name="hostile task", path=lambda filled: f"/tasks/{filled.hostile[0]}"),
    Screen(name="upload", path=_at("/upload")),
    Screen(name="an upload that was refused", path=lambda filled: f"/upload/{filled.upload}"),
    Screen(name="no tasks", path=_at("/tasks?q=name:nothing")),
    Screen(name="executors", path=_at("/executors")),
    Screen(name="schedules", path=_at("/schedules")),
    Screen(name="schedule", path=_at("/schedules/prune?cron=0+4+*+*+1")),
    Screen(name="webhooks", path=_at("/webhooks")),
    Screen(name="webhook", path=lambda filled: f"/webhooks/{filled.webhook}"),
    *(
        Screen(name=f"uploader's view of what is {name}", path=_shared(name), scope=None)
        for name in ("pending", "processing", "exhausted", "cancelled")
    ),
    Screen(name="audit", path=_at("/audit")),
    Screen(name="tokens", path=_at("/tokens?all=true")),
    Screen(name="a task that is not there", path=_at("/tasks/999999999"), status=404),
    Screen(name="a link that is over", path=_at("/share/nothing"), scope=None, status=404),
)
