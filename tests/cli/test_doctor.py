"""Doctor names each thing that is wrong and what to do about it."""

from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.parts.pgbouncer import needs_pgbouncer, running_pgbouncer
from tests.parts.postgres import PostgresServer


def test_a_complete_machine_is_told_so(site: Command, minio_url: str) -> None:
    ran = site("doctor", "--store-url", minio_url)
    assert ran.code == 0, ran.out
    parts = "ffmpeg ffprobe encoders sandbox database schema clock store scratch memory"
    assert all(part in ran.out for part in parts.split())


def test_programs_get_one_object_for_each_thing(site: Command) -> None:
    findings = {each["part"]: each for each in site("doctor", "--json").objects()}
    assert findings["schema"]["state"] == "fine"
    assert findings["store"]["state"] == "fine"


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
