"""The scenarios: what a fleet costs when it idles, works, is flooded, restarted, cut off, or held up by a snapshot."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import psutil
from sqlalchemy import text

from mediaproc.db import engine as database
from tests.fleet.fleet import fleet
from tests.fleet.notifications import notifications
from tests.fleet.report import (
    Figure,
    at_most,
    costs,
    cpu_of_a_task,
    events,
    heading,
    latencies,
    megabytes,
    of_tasks,
    show,
)
from tests.fleet.site import Site, Window
from tests.fleet.tasks import enqueue
from tests.parts.pgbouncer import PGBOUNCER, running_pgbouncer

# The goal of a thousand idle executors, in cores of the database.
_IDLE_GOAL = 0.2
_THOUSAND = 1000
# As many uploads come in at the same time.
_ENQUEUERS = 4
_POOLED = 50
# What executors log where something is lost, or in doubt.
_TROUBLE = (
    "heartbeat_failed",
    "listener_lost",
    "executors_died",
    "compensated",
    "claim_lost",
    "bug",
    "tick_overlapped",
)


def idle(site: Site) -> None:
    """No task anywhere: the ticks, heartbeats, looks and passes of the fleet alone."""
    heading("idle", f"{site.scale.executors} executors with nothing to do")
    nobody = site.window(site.scale.window / 4)
    running = site.fleet()
    # A pass of compensation holds off for one lease after the server's start, and idle executors settle down.
    site.wait(site.scale.settle_down)
    window = site.window(site.scale.window, who=running)
    own = site.idle_cores = window.cores - nobody.cores
    of_a_thousand = own / site.scale.executors * _THOUSAND
    show(costs(window))
    connections = window.connections / site.scale.executors
    show([
        Figure(name="database without any executor, cores", value=f"{nobody.cores:.3f}"),
        Figure(
            name="for 1,000 executors, cores",
            value=f"{of_a_thousand:.3f}",
            goal=at_most(of_a_thousand, _IDLE_GOAL),
        ),
        Figure(name="one executor, statements a second", value=f"{_each(window.statements, window, site):.2f}"),
        Figure(name="one executor, connections", value=f"{connections:.2f}"),
        Figure(name="memory of the server, MB", value=megabytes(site.observer.memory())),
        Figure(name="executors' own CPU (simulation), cores", value=f"{window.own_cpu / window.seconds:.2f}"),
    ])  # fmt: skip
    show(events(window, _TROUBLE))
    _show_dearest(site)


def busy(site: Site) -> None:
    """Every slot works, and many tasks wait: what one task costs from claim to settle."""
    site.fill()
    running = site.fleet()
    heading("busy", f"{site.scale.executors * site.scale.slots} slots work, {site.count_waiting():,} tasks wait")
    took = site.until_busy()
    site.wait(site.scale.settle_down)
    window = site.window(site.scale.window, who=running)
    show(costs(window))
    show(latencies(window))
    show(of_tasks(site, window))
    show([Figure(name="seconds until the slots were busy", value=f"{took:.1f}")])
    show(events(window, _TROUBLE))
    _show_dearest(site)


def burst(site: Site) -> None:
    """Many uploads at once: each wakes whoever listens."""
    running = site.fleet()
    heading("burst", f"{site.scale.burst:,} enqueues by {_ENQUEUERS} clients at once")
    engine = database.connect(site.url, connections=_ENQUEUERS)
    name = f"burst {time.monotonic()} "
    seconds = max(site.scale.lengths)
    with site.measured(who=running) as windows, ThreadPoolExecutor(_ENQUEUERS) as enqueuers:
        waiting = [
            enqueuers.submit(enqueue, engine, name=f"{name}{number}", seconds=seconds)
            for number in range(site.scale.burst)
        ]
        while not all(one.done() for one in waiting):
            site.wait(0.5)
        for one in waiting:
            one.result()
    engine.dispose()
    window = windows[0]
    show(costs(window))
    show(latencies(window))
    each = window.cpu / site.scale.burst * 1000
    show([
        Figure(name="enqueues a second", value=f"{site.scale.burst / window.seconds:,.0f}"),
        Figure(name="CPU of the database for each enqueue, ms", value=f"{each:.3f}"),
    ])  # fmt: skip
    show(events(window, _TROUBLE))
    _show_dearest(site)


def snapshot(site: Site) -> None:
    """Somebody's transaction keeps every dead row alive while the fleet works."""
    site.fill()
    running = site.fleet()
    site.until_busy()
    heading("snapshot", f"another session holds a snapshot for {site.scale.snapshot:.0f} s while the fleet works")
    before = site.window(site.scale.window / 2, who=running)
    with site.engine.connect().execution_options(isolation_level="REPEATABLE READ") as holder:
        holder.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        holder.execute(text("SELECT count(*) FROM media_executor"))
        held = site.window(site.scale.snapshot - site.scale.window / 2)
        late = site.window(site.scale.window / 2, who=running)
    show([*costs(late), *latencies(late), *of_tasks(site, late)])
    dead = late.ended.tables["media_process"]["n_dead_tup"]
    show([
        Figure(name="CPU for each task, before, ms", value=f"{cpu_of_a_task(before):.3f}"),
        Figure(name="CPU for each task, at the snapshot's end, ms", value=f"{cpu_of_a_task(late):.3f}"),
        Figure(name="the same as a ratio", value=f"{cpu_of_a_task(late) / max(cpu_of_a_task(before), 1e-9):.2f}"),
        Figure(name="dead rows of media_process at its end", value=f"{dead:,}"),
        Figure(name="tasks settled meanwhile", value=f"{held.settled + late.settled:,}"),
    ])  # fmt: skip
    show(events(late, _TROUBLE))


def restart_executors(site: Site) -> None:
    """A deploy to every node at the same time."""
    site.fill()
    site.fleet()
    site.until_busy()
    heading("restart-executors", "all executors end at once, release what they work on, and start again")
    with site.measured() as windows:
        begun = time.monotonic()
        site.end_fleet()
        ended = time.monotonic() - begun
        left = site.count_busy()
        running = site.fleet()
        registered = time.monotonic() - begun - ended
        busy_again = site.until_busy()
    show(costs(windows[0]))
    show([
        Figure(name="seconds until all had ended", value=f"{ended:.1f}"),
        Figure(name="tasks left in processing by those that ended", value=f"{left:,}"),
        Figure(name="seconds until all had registered", value=f"{registered:.1f}"),
        Figure(name="seconds from there until the slots were busy", value=f"{busy_again:.1f}"),
        Figure(name="CPU of the database for each executor, ms", value=f"{_ms_each(windows[0], site):.1f}"),
    ])  # fmt: skip
    told = running.told()
    show([Figure(name=f"logged {name}", value=f"{told.events[name]:,}") for name in (*_TROUBLE, "waiting")])


def restart_database(site: Site) -> None:
    """The server is restarted under the fleet, which works on."""
    site.fill()
    running = site.fleet()
    site.until_busy()
    heading("restart-database", "the server is restarted while all slots work")
    running.told()
    site.observer.close()
    site.engine.dispose()
    begun = time.monotonic()
    site.server.restart("fast")
    down = time.monotonic() - begun
    site.observer.reconnect()
    window = site.window(max(site.scale.window, site.scale.settle_down), who=None)
    told = running.told()
    show(costs(window))
    show([
        Figure(name="seconds that the server was away", value=f"{down:.1f}"),
        Figure(name="tasks settled since", value=f"{window.settled:,}"),
        Figure(name="slots that work at the end", value=f"{site.count_busy():,}"),
        Figure(name="CPU of the database for each executor, ms", value=f"{_ms_each(window, site):.1f}"),
    ])  # fmt: skip
    seen = (*_TROUBLE, "listening", "settle_waits", "strike_taken_back", "compensation_holds_off")
    show([Figure(name=f"logged {name}", value=f"{told.events[name]:,}") for name in seen])


def pooler(site: Site) -> None:
    """The executors' statements go through PgBouncer in transaction mode."""
    if PGBOUNCER is None:
        heading("pooler", "PgBouncer is not installed: nothing is measured")
        return
    site.end_fleet()
    site.fill()
    heading("pooler", f"the same by way of PgBouncer in transaction mode with {_POOLED} connections")
    more = f"max_client_conn = 20000\ndefault_pool_size = {_POOLED}\nignore_startup_parameters = options"
    with (
        running_pgbouncer(site.url, mode="transaction", more=more) as url,
        fleet(url, engine=site.engine, executors=site.scale.executors, slots=site.scale.slots) as running,
    ):
        bouncer = next(one for one in psutil.Process().children() if one.name() == "pgbouncer")
        running.start()
        site.until_busy()
        site.wait(site.scale.settle_down)
        spent = sum(bouncer.cpu_times()[:2])
        window = site.window(site.scale.window, who=running)
        own = (sum(bouncer.cpu_times()[:2]) - spent) / window.seconds
        show([*costs(window), *latencies(window), *of_tasks(site, window)])
        show([Figure(name="PgBouncer, cores", value=f"{own:.3f}")])
        show(events(window, (*_TROUBLE, "not_listening")))
        running.stop()


def _ms_each(window: Window, site: Site) -> float:
    return 1000 * window.cpu / site.scale.executors


def _each(count: int, window: Window, site: Site) -> float:
    return count / window.seconds / site.scale.executors


def _show_dearest(site: Site) -> None:
    show(
        Figure(name=f"  {statement.text[:55]}", value=f"{statement.calls:,}: {statement.seconds:.2f} s")
        for statement in site.observer.dearest()
    )


SCENARIOS: Mapping[str, Callable[[Site], None]] = {
    "notifications": notifications,
    "idle": idle,
    "burst": burst,
    "busy": busy,
    "snapshot": snapshot,
    "restart-executors": restart_executors,
    "restart-database": restart_database,
    "pooler": pooler,
}
