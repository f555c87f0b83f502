"""A variable that looks like a setting and has no effect is warned of, and its value is never repeated."""

import pytest

from mediaproc.config import load_settings, variable_warnings
from tests.config.conftest import SECRET


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
        *("MEDIAPROC_TEST_CORPUS", "MEDIAPROC_CONFIG", "MEDIAPROC_URL", "MEDIAPROC_TOKEN", "MEDIAPROCESSOR", "MEDIA"),
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
