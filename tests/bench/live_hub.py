"""What a page that shows 50 of 100,000 tasks costs its server while 1,000 of them change each second."""

import random
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import CDPSession, expect
from sqlalchemy import Engine, text

from mediaproc.core.access import Scope
from mediaproc.db.engine import connect
from tests.bench.task_tables import fill, prepared
from tests.parts.browser import Visitor, opened_chromium
from tests.parts.postgres import running_postgres
from tests.web.conftest import opened
from tests.web.event_reader import reading
from tests.web.server import Server, serving, site_of

_TASKS, _SHOWN, _CHANGES = 100_000, 50, 1000
# So many of the changes are on the screen, which shows what is new: by chance it would be one in two seconds.
_ON_SCREEN = 16
_STEPS = 10
# What the list of tasks shows first.
_LATEST = range(_TASKS - _SHOWN + 1, _TASKS + 1)
# Names do not repeat, so that they are no easier to compress than those of uploads.
_CHANGE = text(
    "UPDATE media_process SET attempt = CAST(random() * 1000 AS integer), filename = md5(random()::text) || '.avi'"
    " WHERE id = ANY(:ids)"
)


def bench(short: bool) -> int:
    """Thirty seconds of it (three when short), with one page and with ten."""
    seconds = 3 if short else 30
    with running_postgres() as postgres, tempfile.TemporaryDirectory() as folder:
        engine = prepared(postgres, totals=())
        fill(engine, tasks=_TASKS)
        assert engine.url.database is not None
        with opened(postgres.url(engine.url.database), Path(folder)) as parts, serving(site_of(parts)) as server:
            print(f"{_CHANGES:,} changes a second over {_TASKS:,} tasks while {_SHOWN} rows are shown, for {seconds} s")
            for pages in (1, 10):
                _measure(server, engine, pages=pages, seconds=seconds)
            _measure_browser(server, engine, seconds=seconds)
            server.site.hub.end()
        engine.dispose()
    return 0


def _measure(server: Server, engine: Engine, *, pages: int, seconds: int) -> None:
    token = server.token(Scope.READ)
    query = "&".join(f"task={each}" for each in _LATEST)
    with _changing(engine, shown=_LATEST) as changed:
        received = [0] * pages
        ended = threading.Event()
        threads = [
            threading.Thread(target=_read, args=(server, query, token, received, each, ended)) for each in range(pages)
        ]
        for thread in threads:
            thread.start()
        # What every page is told at first is no change, and is left out: a look comes each second.
        time.sleep(2)
        hub = next(thread for thread in threading.enumerate() if thread.name == "live")
        assert hub.ident is not None
        clock = time.pthread_getcpuclockid(hub.ident)
        before = time.clock_gettime(clock), time.perf_counter(), list(received), changed[0]
        # The window that is measured, whose real length divides: it waits for nothing.
        time.sleep(seconds)
        wall = time.perf_counter() - before[1]
        share = (time.clock_gettime(clock) - before[0]) / wall
        rate = (sum(received) - sum(before[2])) / wall / pages
        changes = (changed[0] - before[3]) / wall
        ended.set()
        for thread in threads:
            thread.join()
    print(
        f"  {pages} pages: {changes:.0f} changes a second; the hub takes {share:.4f} times a core (at most 0.03);"
        f" {rate / 1000:.1f} kB/s to each page (at most 10)"
    )


def _measure_browser(server: Server, engine: Engine, *, seconds: int) -> None:
    """What the same costs the main thread of a page in Chromium, beside a page that is told of nothing."""
    with opened_chromium() as chromium, _changing(engine, shown=_LATEST):
        visitor = Visitor(chromium)
        shares = []
        for is_told in (True, False):
            page = visitor.page(cookies=[(server.url, "mediaproc", server.login(Scope.READ))])
            page.goto(f"{server.url}/tasks")
            switch = page.locator("[data-live-switch]")
            expect(switch).to_have_attribute("data-state", "on")
            if not is_told:
                switch.click()
                expect(switch).to_have_attribute("aria-pressed", "false")
            rows = page.locator("tr[data-live-task]")
            assert rows.count() == _SHOWN
            # What a page does at first is no change.
            page.wait_for_timeout(2000)
            names = rows.all_inner_texts()
            devtools = page.context.new_cdp_session(page)
            devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
            before, began = _main_thread(devtools), time.perf_counter()
            page.wait_for_timeout(1000 * seconds)
            shares.append((_main_thread(devtools) - before) / (time.perf_counter() - began))
            assert (rows.all_inner_texts() != names) == is_told
            page.context.close()
    print(
        f"  a browser: the page's main thread takes {shares[0]:.4f} times a core (at most 0.04);"
        f" {shares[1]:.4f} while it is told of nothing"
    )


def _main_thread(devtools: CDPSession) -> float:
    """Seconds of CPU of the page's main thread, since it was asked to count them."""
    metrics = {each["name"]: each["value"] for each in devtools.send("Performance.getMetrics")["metrics"]}
    return float(metrics["TaskDuration"])


def _read(server: Server, query: str, token: str, received: list[int], number: int, ended: threading.Event) -> None:
    """As a browser does, which takes it compressed."""
    with reading(server, query, token=token, headers={"Accept-Encoding": "gzip"}, path="/live") as reader:
        while not ended.is_set():
            received[number] += len(reader.raw())


@contextmanager
def _changing(filled: Engine, *, shown: range) -> Iterator[list[int]]:
    """Changes tasks at that pace; yields how many so far."""
    changed, ended = [0], threading.Event()
    engine = connect(filled.url.render_as_string(hide_password=False))

    def go_on() -> None:
        chosen = random.Random(7)
        due = time.perf_counter()
        carried = 0.0
        with engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            while not ended.is_set():
                carried += _ON_SCREEN / _STEPS
                on_screen = chosen.sample(shown, int(carried))
                carried -= int(carried)
                ids = [*chosen.sample(range(1, shown.start), _CHANGES // _STEPS - len(on_screen)), *on_screen]
                connection.execute(_CHANGE, {"ids": ids})
                changed[0] += len(ids)
                due += 1 / _STEPS
                time.sleep(max(0.0, due - time.perf_counter()))

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield changed
    finally:
        ended.set()
        thread.join()
        engine.dispose()
