"""The compose file is whole, and starts nothing without passwords of one's own."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.docs.generated import ROOT

_COMPOSE = shutil.which("docker-compose")
pytestmark = pytest.mark.skipif(_COMPOSE is None, reason="docker-compose is not installed (tests/system-packages.txt)")


def _config(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    assert _COMPOSE is not None
    # A copy, out of reach of a developer's own .env.
    shutil.copy(ROOT / "compose.yaml", folder)
    return subprocess.run(
        [_COMPOSE, "config"],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_file_is_understood_with_passwords_set(tmp_path: Path) -> None:
    config = _config(
        tmp_path, DATABASE_PASSWORD="one", STORE_PASSWORD="two", MEDIAPROC_SHARD="1/2", DATABASE_HOST="db.example"
    )
    assert config.returncode == 0, config.stderr
    assert "postgresql://mediaproc:one@db.example:5432/mediaproc" in config.stdout
    assert "MEDIAPROC_SHARD: 1/2" in config.stdout
    assert "MINIO_ROOT_PASSWORD: two" in config.stdout


@pytest.mark.parametrize("given", [{"DATABASE_PASSWORD": "one"}, {"STORE_PASSWORD": "two"}])
def test_it_refuses_without_a_password(tmp_path: Path, given: dict[str, str]) -> None:
    config = _config(tmp_path, **given)
    assert config.returncode != 0
    assert "set it in .env" in config.stderr


def test_no_password_is_committed() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    assert {line for line in lines if "PASSWORD" in line} == {"DATABASE_PASSWORD=", "STORE_PASSWORD="}
    assert ".env" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
