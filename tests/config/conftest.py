"""Settings of a process whose environment has none."""

import os

import pytest

from tests.parts.settings import is_setting

SECRET = "hunter2-not-for-eyes"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in filter(is_setting, list(os.environ)):
        monkeypatch.delenv(name)
