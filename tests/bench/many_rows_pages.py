"""Whether each page and each answer of the API finds what it shows by indexes, however large the tables are.

Every route that answers a GET is asked as browsers and programs ask it, and the plan of each statement is looked at.
"""

import html
import re
import statistics
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from fastapi.routing import iter_route_contexts
from sqlalchemy import Engine, text
from starlette.routing import compile_path

from mediaproc.core.access import Scope
from mediaproc.core.errors import ErrorClass
from mediaproc.core.selection import OPEN_STATUSES, OUTCOMES, Selection
from mediaproc.db.selection import Cursor
from mediaproc.web.api import API
from mediaproc.web.app import make_app
from mediaproc.web.live.looks import MOST_LISTS, Looks
from mediaproc.web.live.streams import Newer, Screens
from tests.bench.seldom_rows import Ids
from tests.db.crowded_tables import explained
from tests.web.conftest import opened
from tests.web.filled_control import shared_paths
from tests.web.server import Answer, Server, serving, site_of

# A table of so many rows is large: to read it whole takes long.
_LARGE = 10_000
_SEQUENTIAL = re.compile(r"Seq Scan on (\w+)")
_NEXT = re.compile(r'<a href="([^"]*cursor=[^"]*)"')
# They have no end; what they read is looked at by itself.
_STREAMS = frozenset({"/live", f"{API}/events"})
_SLOWEST = 8
TENANTS = ("acme", "all", "few", "nobody")
# Each word of a selection, for what is frequent, seldom and not there.
SELECTIONS: Sequence[str] = (
    *(f"status:{status}" for status in (*OPEN_STATUSES, *OUTCOMES)),
    *(f"class:{each}" for each in (ErrorClass.STALLED, ErrorClass.LOST, ErrorClass.NO_VIDEO)),
    *("profile:mp4", "profile:gif", "profile:nothing", "shard:1/3", "executor:aaaaaaaa", "executor:node-a"),
    *(f"tenant:{tenant}" for tenant in TENANTS),
    *('tenant:""', "name:clip", f"file:{7:064x}", "file:deadbeef", "older:7d", "newer:1d"),
    *("status:failed|rejected older:1h", "status:completed profile:gif tenant:acme", "status:cancelled class:stalled"),
)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A page, or an answer of the API, and for whom it is."""

    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Answered:
    """How long an answer took, the plans of its statements, and which tables are large."""

    name: str
    plans: Sequence[str]
    large: frozenset[str]
    seconds: float

    @property
    def whole(self) -> Sequence[str]:
        """The plans that read a large table from one end to the other."""
        return [plan for plan in self.plans if _read_whole(plan, large=self.large)]


def tell_pages(url: str, *, ids: Ids, short: bool) -> bool:
    """Ask for everything (for few of it when short); whether no statement read a large table whole."""
    selections, tenants, runs, step = (SELECTIONS[:2], TENANTS[:1], 1, 4) if short else (SELECTIONS, TENANTS, 5, 1)
    with (
        tempfile.TemporaryDirectory() as folder,
        opened(url, Path(folder)) as parts,
        serving(site_of(parts)) as server,
    ):
        asked = list(_asked(server, ids=ids, selections=selections, tenants=tenants))
        _require_all_routes(server, paths=[each.path for each in asked])
        answers = list(_answers(server, asked=asked[::step], runs=runs))
        answers.append(_told_live(server, screens=_screens(ids)))
    whole = [(answer.name, plan) for answer in answers for plan in answer.whole]
    statements = sum(len(answer.plans) for answer in answers)
    print(f"  {len(answers)} pages and answers of the API: {statements:,} statements, {len(whole)} read a table whole")
    for name, plan in whole:
        print(f"    {name}\n{textwrap.indent(plan, '      ')}")
    median = statistics.median(answer.seconds for answer in answers)
    print(f"  their median is {1000 * median:.1f} ms; the slowest:")
    for answer in sorted(answers, key=lambda answer: -answer.seconds)[:_SLOWEST]:
        print(f"    {answer.name}: {1000 * answer.seconds:.0f} ms, {answer.seconds / median:.1f} times")
    return not whole


def _answers(server: Server, *, asked: Sequence[Asked], runs: int) -> Iterator[Answered]:
    engine = server.site.parts.database.engine
    large = _large_tables(engine)
    _require_control(engine, large=large)
    for each in asked:
        with explained(engine) as plans:
            following = _next_page(_ask(server, each))
        if following is not None:
            with explained(engine) as more:
                _ask(server, replace(each, path=following))
            plans += more
        seconds = statistics.median(_seconds(partial(_ask, server, each)) for _ in range(runs))
        yield Answered(name=each.path, plans=plans, large=large, seconds=seconds)


def _told_live(server: Server, *, screens: Screens) -> Answered:
    """What the streams of events read."""
    database = server.site.parts.database
    with explained(database.engine) as plans:
        seconds = _seconds(lambda: list(Looks(database).look(screens)))
    name = f"a look for a screen with {len(screens.lists)} lists"
    return Answered(name=name, plans=plans, large=_large_tables(database.engine), seconds=seconds)


def _asked(server: Server, *, ids: Ids, selections: Sequence[str], tenants: Sequence[str]) -> Iterator[Asked]:
    """Each page and each answer, by somebody who may see all of it; and those of tenants."""
    database = server.site.parts.database
    shared = shared_paths(database, tasks={"waiting": ids.waiting, "done": ids.done}).values()
    admin = server.login(Scope.ADMIN)
    of_one = f"/webhooks/{ids.webhook}", f"/tasks/{ids.waiting}", f"/tasks/{ids.done}"
    pages = (
        *("/", "/tasks", "/tasks?all=true", "/executors", "/schedules", "/schedules/prune", "/webhooks", "/audit"),
        *("/audit?actor=seldom", "/audit?act=token", "/tokens?all=true", "/upload", f"/upload/{'f' * 32}", "/login"),
        *("/problems/not-found", "/static/page.js", "/livez", *of_one, *shared),
        *(f"{path}/rendition" for path in shared),
        *(f"/tasks?{urlencode({'q': words, 'all': 'true'})}" for words in selections),
    )
    yield from (Asked(path=path, headers=_of_page(admin)) for path in pages)
    of_file = "", "/source", "/rendition?profile=mp4"
    answers = (
        *("/tasks?all=true", "/tasks", "/tasks/count", "/stats", "/backlog", "/executors", "/pauses", "/schedules"),
        *("/schedules/prune", "/tokens", "/webhooks", "/audit", "/audit?actor=seldom", "/audit?actor=often&act=retry"),
        *("/audit?actor=nobody&act=token", f"/uploads/{'f' * 32}", *of_one, f"/webhooks/{ids.webhook}/deliveries"),
        *(f"/tasks/{ids.done}/{part}" for part in ("attempts", "log")),
        *(f"/files/{7:064x}{part}" for part in of_file),
        *(f"/tasks?{urlencode({'q': words})}" for words in selections),
        *(f"/tasks/count?{urlencode({'q': words, 'all': 'true'})}" for words in selections),
    )
    token = {"Authorization": f"Bearer {server.token(*Scope)}"}
    yield from (Asked(path=f"{API}{path}", headers=token) for path in answers)
    yield from (Asked(path=path, headers=token) for path in ("/openapi.json", "/metrics", "/readyz"))
    for tenant in tenants:
        cookie = _of_page(server.login(Scope.OPERATE, tenant=tenant))
        bound = {"Authorization": f"Bearer {server.token(Scope.READ, tenant=tenant)}"}
        yield from (Asked(path=path, headers=cookie) for path in ("/", "/tasks", "/tasks?all=true", *of_one[1:]))
        of_a_tenant = ("/tasks?all=true", "/tasks?q=status:failed", "/tasks/count?all=true", f"/files/{7:064x}")
        yield from (Asked(path=f"{API}{path}", headers=bound) for path in of_a_tenant)


def _of_page(secret: str) -> Mapping[str, str]:
    return {"Cookie": f"mediaproc={secret}", "Accept": "text/html"}


def _screens(ids: Ids) -> Screens:
    than = Cursor(created_at=datetime.now(UTC) - timedelta(days=1), id=1)
    chosen = map(Selection.parse, SELECTIONS[:MOST_LISTS])
    lists = frozenset(Newer(selection=each, than=than, with_history=True) for each in chosen)
    return Screens(tasks=frozenset((ids.waiting, ids.done)), counts=True, executors=True, lists=lists)


def _ask(server: Server, asked: Asked) -> Answer:
    answer = server.get(asked.path, headers=asked.headers)
    if answer.status >= 500 or answer.status in {401, 403}:
        raise RuntimeError(f"{asked.path} answered {answer.status}: {answer.text}")
    return answer


def _next_page(answer: Answer) -> str | None:
    """Where the list goes on, by the page's link."""
    found = _NEXT.search(answer.text) if "text/html" in answer.headers.get("Content-Type", "") else None
    return html.unescape(found[1]) if found else None


def _seconds(ask: Callable[[], object]) -> float:
    begun = time.perf_counter()
    ask()
    return time.perf_counter() - begun


def _large_tables(engine: Engine) -> frozenset[str]:
    asked = text("SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples >= :rows")
    with engine.connect() as connection:
        return frozenset(connection.scalars(asked, {"rows": _LARGE}))


def _read_whole(plan: str, *, large: frozenset[str]) -> frozenset[str]:
    return large.intersection(_SEQUENTIAL.findall(plan))


def _require_control(engine: Engine, *, large: frozenset[str]) -> None:
    """That a statement without an index would be seen."""
    with explained(engine) as plans, engine.connect() as connection:
        connection.execute(text("SELECT id FROM media_audit WHERE selection = 'none'"))
    if [_read_whole(plan, large=large) for plan in plans] != [{"media_audit"}]:
        raise RuntimeError(f"a table that is read whole is not seen: {plans}")


def _require_all_routes(server: Server, *, paths: Sequence[str]) -> None:
    """That nothing which answers a GET is left out, but the streams."""
    found = {
        route.path
        for route in iter_route_contexts(make_app(server.site).routes)
        if route.path is not None and "GET" in (route.methods or ())
    }
    answered = [path.partition("?")[0] for path in paths]
    left = {path for path in found if not any(map(compile_path(path)[0].match, answered))} - _STREAMS
    if left or not found:
        raise RuntimeError(f"not asked: {sorted(left)}")
