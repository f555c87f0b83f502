"""Settings come from options, environment and file, and each wrong one gets a sentence."""

import os
from pathlib import Path

import pytest

from mediaproc.config import load_settings
from mediaproc.core.errors import WrongUse
from mediaproc.core.shard import Shard
from mediaproc.machine import usable_cpus
from tests.config.conftest import SECRET


def test_option_beats_environment_beats_file_beats_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "mediaproc.toml"
    config.write_text('shard = "1/5"\nslots = 5\nbackoff = 5\n')
    monkeypatch.setenv("MEDIAPROC_SHARD", "1/4")
    monkeypatch.setenv("MEDIAPROC_SLOTS", "4")
    settings = load_settings(config, shard="1/3")
    assert (settings.shard, settings.slots, settings.backoff, settings.lease) == (Shard(1, 3), 4, 5, 60)


def test_the_environment_may_name_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "mediaproc.toml"
    config.write_text("slots = 7\n")
    monkeypatch.setenv("MEDIAPROC_CONFIG", str(config))
    assert load_settings().slots == 7


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("shard", "2/2", "MEDIAPROC_SHARD cannot be '2/2': the shard 2/2 does not exist"),
        (
            "cron",
            "* * * *",
            "MEDIAPROC_CRON cannot be '[*] [*] [*] [*]': the cron expression '[*] [*] [*] [*]' has 4 fields",
        ),
        ("slots", "many", "MEDIAPROC_SLOTS cannot be 'many': it must be a whole number[.]"),
        ("slots", 0, "MEDIAPROC_SLOTS cannot be 0: it must be greater than or equal to 1[.]"),
        ("slots", 1.5, "MEDIAPROC_SLOTS cannot be 1[.]5: it must be a whole number[.]"),
        ("shard", 3, "MEDIAPROC_SHARD cannot be 3: the shard '3' is not of the form INDEX/TOTAL"),
        ("cron", [5], "MEDIAPROC_CRON cannot be .5.: the cron expression '.5.' has 1 fields"),
        (
            "cron",
            "0 0 31 2 *",
            "MEDIAPROC_CRON cannot be '0 0 31 2 [*]': the cron expression '0 0 31 2 [*]' names no day",
        ),
        ("backoff", "long", "MEDIAPROC_BACKOFF cannot be 'long': it must be a number[.]"),
        ("accept_salvaged", "perhaps", "MEDIAPROC_ACCEPT_SALVAGED cannot be 'perhaps': it must be yes or no[.]"),
        (
            "metrics",
            "everywhere",
            "MEDIAPROC_METRICS cannot be 'everywhere': the address 'everywhere' is not of the form",
        ),
        ("home", 7, "MEDIAPROC_HOME cannot be 7: it must be a path, in quotes[.]"),
        ("ffmpeg", 7, "MEDIAPROC_FFMPEG cannot be 7: it must be text, in quotes[.]"),
        ("lease", 20, "shorter than three heartbeats"),
        ("lease", -1, "MEDIAPROC_LEASE cannot be -1"),
        ("backoff_cap", 1, "cap of 1 s is below its base of 10 s"),
        ("sandbox", "maybe", "MEDIAPROC_SANDBOX cannot be 'maybe': it must be 'auto', 'require' or 'off'[.]"),
        ("slot", 3, "There is no setting 'slot'"),
    ],
)
def test_a_wrong_setting_gets_one_sentence_that_names_it(name: str, value: object, says: str) -> None:
    with pytest.raises(WrongUse, match=says) as error:
        load_settings(None, **{name: value})
    assert "\n" not in str(error.value)
    assert str(error.value).endswith(".")


@pytest.mark.parametrize("content", ["slots = ", "slots = 'x'", "[section]\nslots = 1"])
def test_a_wrong_file_gets_one_sentence(tmp_path: Path, content: str) -> None:
    config = tmp_path / "mediaproc.toml"
    config.write_text(content)
    with pytest.raises(WrongUse):
        load_settings(config)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=r"no\.toml is not there"):
        load_settings(tmp_path / "no.toml")


@pytest.mark.parametrize(
    "wrong", ["MEDIAPROC_LEASE", "MEDIAPROC_SHARD", "MEDIAPROC_CRON", "MEDIAPROC_SANDBOX", "MEDIAPROC_STORE_URL_FILE"]
)
def test_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("MEDIAPROC_DATABASE_URL", f"postgresql://user:{SECRET}@host/db")
    monkeypatch.setenv("MEDIAPROC_STORE_URL", f"minio://key:{SECRET}@host/bucket")
    settings = load_settings()
    assert SECRET not in repr(settings)
    assert SECRET not in str(settings.model_dump())
    # The URL is pasted into the wrong setting.
    monkeypatch.setenv(wrong, f"postgresql://user:{SECRET}@host/db")
    with pytest.raises(WrongUse) as error:
        load_settings()
    assert SECRET not in str(error.value)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().slots = 3


def test_the_slots_are_the_cpus_of_this_process_and_not_of_the_machine() -> None:
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert usable_cpus() == 1
        assert load_settings().slots == 1
    finally:
        os.sched_setaffinity(0, before)


def test_a_shard_may_follow_from_who_lives() -> None:
    assert load_settings(shard="auto").shard == Shard.ALONE
