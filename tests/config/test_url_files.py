"""A URL with a password may stand in a file of its own."""

import os
from pathlib import Path

import pytest

from mediaproc.config import load_settings, variable_warnings
from mediaproc.core.errors import WrongUse
from tests.config.conftest import SECRET

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
