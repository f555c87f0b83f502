"""An executor that reads its secrets from files works, and no environment holds the secrets."""

import os
from pathlib import Path

import psutil
import pytest

from tests.parts.clips import Clips
from tests.parts.executors import ExecutorProcess
from tests.parts.site import Site

IN_FILES = ("database_url", "store_url")
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's executor shows its environment to nobody")


def _secrets(site: Site) -> list[str]:
    return [site.settings[name] for name in IN_FILES]


def _found_around(executor: ExecutorProcess, *, secrets: list[str]) -> set[str]:
    """The secrets that are in the environment of the executor or of a process that it started."""
    found: set[str] = set()
    for process in (psutil.Process(executor.pid), *executor.children()):
        try:
            environment = Path(f"/proc/{process.pid}/environ").read_bytes().decode()
        except (FileNotFoundError, ProcessLookupError):
            continue  # the process has just ended
        found |= {secret for secret in secrets if secret in environment}
    return found


def test_secrets_in_files_are_read_and_in_no_environment(site: Site, clips: Clips, tmp_path: Path) -> None:
    settings = {name: value for name, value in site.settings.items() if name not in IN_FILES}
    for name, secret in zip(IN_FILES, _secrets(site), strict=True):
        file = tmp_path / name
        file.touch(mode=0o600)
        file.write_text(f"{secret}\n", encoding="utf-8")
        settings[f"{name}_file"] = str(file)
    (task,) = site.enqueue([clips.make("avi", seconds=2)])
    with ExecutorProcess(settings=settings, arguments=("--until-idle",)) as executor:
        executor.wait_for(event="stage_started", stage="transcode")
        assert _found_around(executor, secrets=_secrets(site)) == set()
        assert executor.wait() == 0
    assert site.history()[task]["outcome"] == "completed"


def test_secrets_in_variables_would_be_seen(site: Site) -> None:
    with ExecutorProcess(settings=site.settings) as executor:
        executor.wait_for(event="executor_started")
        assert _found_around(executor, secrets=_secrets(site)) == set(_secrets(site))
