"""The screens of the top bar, and who is led to which. It hides what is refused anyway: each handler checks rights."""

from collections.abc import Sequence
from dataclasses import dataclass

from mediaproc.core.access import Access, Scope


@dataclass(frozen=True, kw_only=True)
class Screen:
    """One entry of the bar; `name` is its message in nav.toml. A screen of the whole site is no tenant's."""

    name: str
    path: str
    scope: Scope = Scope.READ
    whole_site: bool = False


SCREENS = (
    Screen(name="overview", path="/"),
    Screen(name="tasks", path="/tasks"),
    Screen(name="executors", path="/executors", whole_site=True),
    Screen(name="schedules", path="/schedules", whole_site=True),
    Screen(name="upload", path="/upload", scope=Scope.ENQUEUE),
    Screen(name="webhooks", path="/webhooks", scope=Scope.ADMIN, whole_site=True),
    Screen(name="audit", path="/audit", whole_site=True),
    Screen(name="tokens", path="/tokens", scope=Scope.ADMIN, whole_site=True),
)


def screens_for(access: Access | None) -> Sequence[Screen]:
    """The screens that somebody with these rights may see; none for who is not logged in."""
    if access is None:
        return ()
    return [each for each in SCREENS if access.allows(each.scope) and not (each.whole_site and access.tenant)]


def is_current(screen: Screen, *, path: str) -> bool:
    """Whether the page at `path` belongs to the screen: `/tasks/4711` to the tasks."""
    return path == screen.path or (screen.path != "/" and path.startswith(f"{screen.path}/"))
