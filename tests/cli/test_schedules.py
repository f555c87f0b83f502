"""`mediaproc schedules`: what is changed is told with its author; each act leaves its line; wrong use is refused."""

from datetime import datetime

import pytest
from sqlalchemy import Connection, text

from tests.cli.conftest import Command
from tests.db.sample_rows import executor


def _of(site: Command, name: str) -> dict[str, object]:
    (line,) = [line for line in site("schedules", "list", "--json").objects() if line["name"] == name]
    return line


def test_the_list_tells_the_settings_crons_and_the_next_five_fires(site: Command) -> None:
    lines = site("schedules", "list", "--json", "--prune-cron", "0 3 * * *").objects()
    assert [line["name"] for line in lines] == ["tick", "compensation", "sweep", "prune", "deliveries", "alarms"]
    prune = lines[3]
    assert (prune["cron"], prune["changed_by"], prune["once_per_site"]) == ("0 0 3 * * *", None, True)
    fires = [datetime.fromisoformat(at) for at in prune["next_fires"]]
    assert len(fires) == 5
    assert {(at.hour, at.minute, at.second) for at in fires} == {(3, 0, 0)}
    assert fires == sorted(set(fires))
    screen = site("schedules", "list").out
    assert "settings" in screen
    assert "prune: 20" in screen


def test_a_change_is_told_with_its_author_and_can_be_taken_back(site: Command, rows: Connection) -> None:
    assert site("schedules", "set", "prune", "30 3 * * *").out == "The schedule prune fires by '0 30 3 * * *'.\n"
    assert site("schedules", "set", "prune", "30  3 * * *").out.endswith(", as before.\n")
    changed = _of(site, "prune")
    assert changed["cron"] == "0 30 3 * * *"
    assert "@" in str(changed["changed_by"])
    assert site("schedules", "pause", "prune").code == 0
    assert site("schedules", "pause", "prune").out == "The schedule prune is paused already.\n"
    assert "prune: paused by " in site("schedules", "list").out
    assert _of(site, "prune")["next_fires"] == []
    assert site("schedules", "resume", "prune").code == 0
    assert site("schedules", "set", "prune", "default").code == 0
    assert _of(site, "prune")["changed_by"] is None
    assert site("schedules", "run", "prune").code == 0
    assert _of(site, "prune")["requested_at"] is not None
    acts = rows.execute(text("SELECT act, selection, count FROM media_audit ORDER BY id"))
    assert [tuple(row) for row in acts] == [
        ("schedule set", "prune 0 30 3 * * *", 1),
        ("schedule set", "prune 0 30 3 * * *", 0),
        ("schedule pause", "prune", 1),
        ("schedule pause", "prune", 0),
        ("schedule resume", "prune", 1),
        ("schedule set", "prune default", 1),
        ("schedule run", "prune", 1),
    ]


def test_a_run_without_an_executor_says_who_will_do_it(site: Command, rows: Connection) -> None:
    assert site("schedules", "run", "prune").out == "No executor lives: the next that starts runs prune.\n"
    executor(rows)
    assert site("schedules", "run", "prune").out.startswith("Executors that live run prune now; ")


@pytest.mark.parametrize(
    ("arguments", "changed"),
    [
        (["set", "prune", "30 3 29 2 *"], {"cron": "0 30 3 29 2 *"}),
        (["pause", "prune"], {"next_fires": []}),
        (["run", "prune"], {"running": False}),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else "",
)
def test_an_act_tells_a_program_the_schedule_as_it_is_now(
    site: Command, monkeypatch: pytest.MonkeyPatch, arguments: list[str], changed: dict[str, object]
) -> None:
    # It fires so seldom that none of the next fires comes between the two commands.
    monkeypatch.setenv("MEDIAPROC_PRUNE_CRON", "0 0 29 2 *")
    (told,) = site("schedules", *arguments, "--json").objects()
    assert told == _of(site, "prune")
    assert told | changed == told


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["set", "prune", "0 0 30 2 *"], 2, "names no day of any year: it would never fire."),
        (["set", "prune", "often"], 2, "has 1 fields; write five"),
        (["set", "prunes", "* * * * *"], 2, "There is no schedule 'prunes': one of tick, compensation, sweep"),
        (["run", "prunes"], 2, "There is no schedule 'prunes'"),
        (["resume", "prune"], 1, "The schedule prune is not paused"),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else "",
)
def test_what_cannot_be_is_refused_in_one_sentence(
    site: Command, rows: Connection, arguments: list[str], code: int, says: str
) -> None:
    ran = site("schedules", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert says in ran.err
    assert ran.err.count("\n") == 1
    assert rows.scalar(text("SELECT count(*) FROM media_audit")) == 0
