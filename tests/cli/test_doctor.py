"""Doctor names each thing that is wrong and what to do about it."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mediaproc.core.errors import PartMissing
from mediaproc.core.limits import DISK_FLOOR
from mediaproc.doctor import missing
from tests.cli.conftest import Command
from tests.parts.clips import Clips
from tests.parts.faulty_ffmpeg import make_ffmpeg_without_decoder
from tests.parts.pgbouncer import needs_pgbouncer, running_pgbouncer
from tests.parts.postgres import PostgresServer
from tests.parts.settings import without_settings
from tests.parts.small_disk import small_disk
from tests.parts.wallclock import WallClock


def test_a_complete_machine_is_told_so(site: Command, minio_url: str) -> None:
    ran = site("doctor", "--store-url", minio_url)
    assert ran.code == 0, ran.out
    parts = "ffmpeg ffprobe encoders sandbox database schema clock store scratch memory faces"
    assert all(part in ran.out for part in parts.split())


def test_programs_get_one_object_for_each_thing(site: Command) -> None:
    findings = {each["part"]: each for each in site("doctor", "--json").objects()}
    assert findings["schema"]["state"] == "fine"
    assert findings["store"]["state"] == "fine"


# Seconds: more than an examination takes on a busy machine, less than the skew that a store refuses.
_TEN_MINUTES = 600


@pytest.mark.parametrize(("offset", "direction"), [(_TEN_MINUTES, "ahead of"), (-_TEN_MINUTES, "behind")])
def test_a_clock_that_is_off_is_worth_a_look_beside_the_databases_and_the_stores(
    database_url: str, minio_url: str, tmp_path: Path, offset: int, direction: str
) -> None:
    wall_clock = WallClock(tmp_path)
    wall_clock.step(offset)
    told = subprocess.run(
        [
            *(sys.executable, "-m", "mediaproc", "doctor", "--json"),
            *("--database-url", database_url, "--store-url", minio_url),
        ],
        env=without_settings() | wall_clock.environment | {"MEDIAPROC_HOME": str(tmp_path / "home")},
        check=True,
        stdout=subprocess.PIPE,
    ).stdout.splitlines()
    findings = {each["part"]: each for each in map(json.loads, told)}
    for part in ("database", "store"):
        finding = findings[f"clock of {part}"]
        assert finding["state"] == "warning"
        assert f"s {direction} the {part}" in finding["fact"]
        assert finding["remedy"].startswith("Set the clock")


def test_what_is_missing_has_a_remedy_and_code_3(
    command: Command, empty_database_url: str, tmp_path: Path, postgres_server: PostgresServer
) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    ran = command(
        "doctor", "--json", "--database-url", empty_database_url, "--ffmpeg", "/nowhere/ffmpeg",
        "--scratch", tmp_path / "file",
    )  # fmt: skip
    assert ran.code == 3
    wrong = {each["part"]: each["remedy"] for each in ran.objects() if each["state"] == "missing"}
    assert set(wrong) == {"ffmpeg", "schema", "scratch"}
    assert "mediaproc migrate" in wrong["schema"]
    assert all(wrong.values())
    ran = command("doctor", "--database-url", postgres_server.url(password="hush"))
    assert ran.code == 3
    assert "hush" not in ran.out + ran.err


def _missing(command: Command, *options: object) -> dict[str, tuple[str, str]]:
    ran = command("doctor", "--json", *options)
    assert ran.code == 3
    found = {each["part"]: each for each in ran.objects() if each["state"] == "missing"}
    return {part: (each["fact"], each["remedy"]) for part, each in found.items()}


def test_database_and_store_that_are_away_are_each_told_of_with_where_to_look(command: Command) -> None:
    with _closed_port() as port:
        nobody = f"127.0.0.1:{port}"
        wrong = _missing(
            command,
            *("--database-url", f"postgresql://me:hush@{nobody}/films"),
            *("--store-url", f"minio://me:hushhush@{nobody}/films?secure=false"),
        )
    assert set(wrong) == {"database", "store"}
    fact, remedy = wrong["database"]
    assert fact.startswith("The database does not answer (")
    assert fact.endswith(").")
    assert remedy == (
        f"See that the server runs and can be reached from here, at {nobody}, database films: name, port, firewall."
        " If it is elsewhere, correct MEDIAPROC_DATABASE_URL."
    )
    fact, remedy = wrong["store"]
    assert nobody in fact
    assert remedy == (
        "See that the server runs and can be reached from here, where that sentence says: name, port, firewall."
        " If it is elsewhere, correct MEDIAPROC_STORE_URL."
    )


def test_a_refused_login_is_told_with_its_remedy_and_hides_no_store(
    command: Command, postgres_server: PostgresServer
) -> None:
    (wrong,) = _missing(command, "--database-url", postgres_server.url(password="hush")).items()
    assert wrong == (
        "database",
        ("The database refuses: the password is wrong", "Correct it in MEDIAPROC_DATABASE_URL."),
    )


def test_a_store_that_is_not_there_is_worth_a_look_before_the_first_enqueue_and_missing_after_it(
    site: Command, clips: Clips, tmp_path: Path
) -> None:
    (root := tmp_path / "mounted").mkdir()
    options = ("--store-url", root.as_uri())
    findings = {each["part"]: each for each in site("doctor", "--json", *options).objects()}
    assert findings["store"]["state"] == "warning"
    assert "first enqueue" in findings["store"]["remedy"]
    assert not list(root.iterdir())
    assert site("enqueue", *options, clips.make()).code == 0
    findings = {each["part"]: each for each in site("doctor", "--json", *options).objects()}
    assert findings["store"]["state"] == "fine"
    root.rename(tmp_path / "unmounted")
    for _ in range(2):
        fact, remedy = _missing(site, *options)["store"]
        assert str(root) in fact
        assert remedy.lower().startswith("mount it")
        ran = site("enqueue", *options, clips.make(seed=2))
        assert ran.code == 3
        assert "mount it" in ran.err
        root.mkdir(exist_ok=True)
        assert not list(root.iterdir())


def test_a_remedy_is_what_stands_behind_the_last_colon_that_is_the_sentences_own() -> None:
    both = missing("scratch", PartMissing("It is not there (no: nothing (at: all)): make it, or leave it."))
    assert (both.fact, both.remedy) == ("It is not there (no: nothing (at: all))", "Make it, or leave it.")
    neither = missing("scratch", PartMissing("It is not there (no: nothing)."), otherwise="Look.")
    assert (neither.fact, neither.remedy) == ("It is not there (no: nothing).", "Look.")


@contextmanager
def _closed_port() -> Iterator[int]:
    """A port on which no server listens, and which no other process can take inside the block."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


def test_a_scratch_disk_on_which_no_executor_starts_is_missing(site: Command, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", size=DISK_FLOOR) as disk:
        fact, remedy = _missing(site, "--scratch", disk)["scratch"]
        assert "no more than the 268 MB that are left alone" in fact
        assert "no executor starts" in remedy
        assert site("executor", "--until-idle", "--scratch", disk).code == 3


def test_a_scratch_disk_without_room_is_told_to_stop_claims(site: Command, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", size=DISK_FLOOR + 1024 * 1024) as disk:
        (disk / "ballast").write_bytes(bytes(2 * 1024 * 1024))
        findings = {each["part"]: each for each in site("doctor", "--json", "--scratch", disk).objects()}
    assert findings["scratch"]["state"] == "warning"
    assert "nothing is claimed until there is room" in findings["scratch"]["remedy"]


def test_more_slots_than_cpus_is_worth_a_look(site: Command) -> None:
    findings = {each["part"]: each for each in site("doctor", "--json", "--slots", 999).objects()}
    assert findings["CPUs"]["state"] == "warning"


@needs_pgbouncer
@pytest.mark.parametrize(("mode", "state"), [("transaction", "warning"), ("session", "fine")])
def test_a_pooler_that_keeps_no_sessions_is_worth_a_look(
    command: Command, database_url: str, mode: str, state: str
) -> None:
    with running_pgbouncer(database_url, mode=mode) as url:
        findings = {each["part"]: each for each in command("doctor", "--json", "--database-url", url).objects()}
    assert findings["schema"]["state"] == "fine"
    assert findings["pooler"]["state"] == state


def test_without_a_pooler_none_is_spoken_of(site: Command) -> None:
    assert "pooler" not in {each["part"] for each in site("doctor", "--json").objects()}


def test_an_ffmpeg_without_a_usual_decoder_is_worth_a_look(site: Command, tmp_path: Path) -> None:
    lacking = make_ffmpeg_without_decoder(tmp_path)
    ran = site("doctor", "--json", "--ffmpeg", lacking["ffmpeg"], "--sandbox", lacking["sandbox"])
    (finding,) = [each for each in ran.objects() if each["part"] == "decoders"]
    assert (finding["state"], finding["fact"]) == ("warning", f"{lacking['ffmpeg']} lacks hevc")
    assert "decoders" not in {each["part"] for each in site("doctor", "--json").objects()}
