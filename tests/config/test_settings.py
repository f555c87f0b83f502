import os
from pathlib import Path

import pytest

from mediaproc.config import load_settings, variable_warnings
from mediaproc.core.errors import WrongUse
from mediaproc.core.shard import Shard
from mediaproc.machine import usable_cpus
from tests.parts.settings import is_setting

SECRET = "hunter2-not-for-eyes"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in filter(is_setting, list(os.environ)):
        monkeypatch.delenv(name)


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
    # Pasted into the wrong place.
    monkeypatch.setenv(wrong, f"postgresql://user:{SECRET}@host/db")
    with pytest.raises(WrongUse) as error:
        load_settings()
    assert SECRET not in str(error.value)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("MEDIAPROC_DATABASE_UR", "There is no setting MEDIAPROC_DATABASE_UR: did you mean MEDIAPROC_DATABASE_URL?"),
        ("MEDIAPROC_STORE_URI", "There is no setting MEDIAPROC_STORE_URI: did you mean MEDIAPROC_STORE_URL?"),
        ("MEDIAPROC_SLOT", "There is no setting MEDIAPROC_SLOT: did you mean MEDIAPROC_SLOTS?"),
        ("MEDIAPROC_CONFG", "There is no setting MEDIAPROC_CONFG: did you mean MEDIAPROC_CONFIG?"),
        ("mediaproc_slot", "There is no setting mediaproc_slot: did you mean MEDIAPROC_SLOTS?"),
        ("MEDIAPROC_QQQ", "There is no setting MEDIAPROC_QQQ: see the table of settings in the README."),
        ("MEDIAPROC_PORTAL", "There is no setting MEDIAPROC_PORTAL: see the table of settings in the README."),
    ],
)
def test_a_variable_that_is_no_setting_is_doubted_by_its_name_alone(
    monkeypatch: pytest.MonkeyPatch, name: str, says: str
) -> None:
    monkeypatch.setenv(name, SECRET)
    assert list(variable_warnings(load_settings())) == [says]


def test_what_is_read_and_what_kubernetes_brings_is_not_doubted(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        *("MEDIAPROC_PORT", "MEDIAPROC_PORT_80_TCP_ADDR", "MEDIAPROC_SERVICE_HOST", "MEDIAPROC_SERVICE_PORT_WEB"),
        *("MEDIAPROC_DB_SERVICE_HOST", "MEDIAPROC_DB_SERVICE_PORT", "MEDIAPROC_DB_PORT", "MEDIAPROC_DB_PORT_5432_TCP"),
        *("MEDIAPROC_TEST_CORPUS", "MEDIAPROC_CONFIG", "MEDIAPROCESSOR", "MEDIA"),
    ):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("mediaproc_slots", "3")
    settings = load_settings()
    assert settings.slots == 3
    assert list(variable_warnings(settings)) == []


def test_an_empty_url_is_doubted_where_nothing_else_gives_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIAPROC_DATABASE_URL", "")
    monkeypatch.setenv("MEDIAPROC_STORE_URL", "")
    monkeypatch.setenv("MEDIAPROC_SHARD", "")
    database, store = variable_warnings(load_settings())
    assert database.startswith("MEDIAPROC_DATABASE_URL is empty")
    assert store.startswith("MEDIAPROC_STORE_URL is empty")
    settings = load_settings(database_url="postgresql://host/db", store_url="file:///objects")
    assert list(variable_warnings(settings)) == []
    monkeypatch.delenv("MEDIAPROC_DATABASE_URL")
    monkeypatch.setenv("MEDIAPROC_DATABASE_URL_FILE", "")
    database, _ = variable_warnings(load_settings())
    assert database.startswith("MEDIAPROC_DATABASE_URL_FILE is empty, which is as if it were not set: an embedded")


URL = f"postgresql://user:{SECRET}@host/db"
URL_FILES = [("database_url", URL), ("store_url", f"minio://key:{SECRET}@host/bucket")]


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
@pytest.mark.parametrize(("name", "url"), URL_FILES)
def test_a_url_may_stand_in_a_file_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, url: str, ending: str
) -> None:
    (tmp_path / "url").write_bytes(f"{url}{ending}".encode())
    monkeypatch.setenv(f"MEDIAPROC_{name.upper()}_FILE", str(tmp_path / "url"))
    settings = load_settings()
    assert getattr(settings, name).get_secret_value() == url
    assert SECRET not in repr(settings)
    assert list(variable_warnings(settings)) == []


@pytest.mark.parametrize(("name", "url"), URL_FILES)
@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read (No such file or directory)"),
        ("", "is empty"),
        (" \n", "is empty"),
        (f"{SECRET}\n{SECRET}\n", "holds more than one line"),
        ("PIPE", "is no file but something else, such as a pipe or a device"),
    ],
)
def test_a_file_without_a_url_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, url: str, content: str | None, says: str
) -> None:
    del url
    # A long path would be cut in the sentence.
    monkeypatch.chdir(tmp_path)
    file = Path("url")
    if content == "PIPE":
        os.mkfifo(file)
    elif content is not None:
        file.write_text(content)
    with pytest.raises(WrongUse) as error:
        load_settings(None, **{f"{name}_file": str(file)})
    assert str(error.value).endswith(f"must be a file that holds the URL and nothing else, and this one {says}.")
    assert str(error.value).startswith(f"MEDIAPROC_{name.upper()}_FILE cannot be 'url'")
    assert SECRET not in str(error.value)


@pytest.mark.parametrize(("name", "url"), URL_FILES)
@pytest.mark.parametrize("place", ["option", "environment", "file"])
def test_a_url_and_a_file_with_it_in_one_place_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, url: str, place: str
) -> None:
    (tmp_path / "url").write_text(url)
    given = {name: url, f"{name}_file": str(tmp_path / "url")}
    config = None
    if place == "environment":
        for setting, value in given.items():
            monkeypatch.setenv(f"MEDIAPROC_{setting.upper()}", value)
    elif place == "file":
        config = tmp_path / "mediaproc.toml"
        config.write_text("".join(f'{setting} = "{value}"\n' for setting, value in given.items()))
    with pytest.raises(WrongUse, match=f"MEDIAPROC_{name.upper()} is given as well; keep one of them[.]") as error:
        load_settings(config, **given if place == "option" else {})
    assert SECRET not in str(error.value)


def test_a_file_with_a_url_and_a_url_beat_each_other_as_all_settings_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for number in (1, 2, 3):
        (tmp_path / f"url{number}").write_text(f"postgresql://host/{number}")
    config = tmp_path / "mediaproc.toml"
    config.write_text(f'database_url_file = "{tmp_path}/url1"\n')

    def database(**options: object) -> str:
        url = load_settings(config, **options).database_url
        assert url is not None
        return url.get_secret_value()[-1]

    assert database() == "1"
    monkeypatch.setenv("MEDIAPROC_DATABASE_URL_FILE", f"{tmp_path}/url2")
    assert database() == "2"
    assert database(database_url="postgresql://host/4") == "4"
    monkeypatch.delenv("MEDIAPROC_DATABASE_URL_FILE")
    monkeypatch.setenv("MEDIAPROC_DATABASE_URL", "postgresql://host/5")
    assert database() == "5"
    assert database(database_url_file=f"{tmp_path}/url3") == "3"


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
