"""The demo runs in a folder of its own, also for a user who has configured a site."""

import pytest

from tests import demo
from tests.parts.settings import is_setting


def test_the_demo_knows_its_folder_and_nothing_of_a_configured_site(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MEDIAPROC_DATABASE_URL", "MEDIAPROC_STORE_URL", "MEDIAPROC_CONFIG", "mediaproc_shard"):
        monkeypatch.setenv(name, "of a site")
    environment = demo.environment()
    assert {name for name in environment if is_setting(name)} == {"MEDIAPROC_HOME"}
    assert "of a site" not in environment.values()
    assert environment["MEDIAPROC_HOME"].endswith("/.demo/home")
