"""The clients in examples/ hand a film in, wait for it and fetch the mp4, from a real server and a real executor."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from mediaproc.core.access import Scope
from mediaproc.parts import Parts
from tests.parts.clips import Clips
from tests.parts.settings import told
from tests.web.server import Server, serving, site_of

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
CLIENTS = {
    "python": (sys.executable, str(EXAMPLES / "upload_and_wait.py")),
    "curl": ("sh", str(EXAMPLES / "upload_and_wait.sh")),
}


@pytest.fixture
def executor(own_parts: Parts) -> Iterator[None]:
    """An executor of the site, as a process."""
    settings = own_parts.settings
    assert settings.database_url is not None
    assert settings.store_url is not None
    environment = {
        "database_url": settings.database_url.get_secret_value(),
        "store_url": settings.store_url.get_secret_value(),
        "home": str(settings.home),
        "cron": "* * * * * *",
    }
    process = subprocess.Popen([sys.executable, "-m", "mediaproc", "executor"], env=told(environment))
    yield
    process.terminate()
    assert process.wait(60) == 0


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.usefixtures("executor")
def test_a_film_becomes_an_mp4_by_a_client_of_a_few_lines(
    own_server: Server, client: str, clips: Clips, tmp_path: Path
) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    source, result = tmp_path / "mein \u00ab film\u00bb.avi", tmp_path / "film.mp4"
    shutil.copy(clips.make(seconds=2), source)
    ended = _run(own_server, client, str(source), str(result))
    assert ended.returncode == 0, ended.stderr
    with own_server.site.parts.database.read() as connection:
        [(name, sha256)] = connection.execute(text("SELECT filename, output_sha256 FROM media_process_history")).all()
    assert (name, sha256) == (source.name, hashlib.sha256(result.read_bytes()).hexdigest())


@pytest.mark.parametrize("client", CLIENTS)
def test_what_is_no_film_ends_with_the_sentence_below_a_prefix_too(
    own_parts: Parts, client: str, tmp_path: Path
) -> None:
    with serving(site_of(own_parts, prefix="/media")) as server:
        for content in ("hello", ""):
            source = tmp_path / "film.avi"
            source.write_text(content)
            below = replace(server, url=f"{server.url}/media")
            ended = _run(below, client, str(source), str(tmp_path / "film.mp4"))
            assert ended.returncode != 0
            assert "upload the original" in ended.stderr, ended.stderr
            assert not (tmp_path / "film.mp4").exists()


def _run(server: Server, client: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    token = server.token(Scope.READ, Scope.ENQUEUE)
    environment = {"PATH": os.environ["PATH"], "MEDIAPROC_URL": server.url, "MEDIAPROC_TOKEN": token}
    return subprocess.run(
        [*CLIENTS[client], *arguments], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
