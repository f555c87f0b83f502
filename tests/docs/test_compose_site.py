"""What compose.yaml starts, with the secrets that deploy/make-secrets makes, on a real PostgreSQL and a real MinIO."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from minio import Minio

from tests.cli.clips import make_clip
from tests.docs.generated import ROOT
from tests.parts.minio import MinioServer, find_minio
from tests.parts.postgres import running_postgres
from tests.parts.settings import without_settings

_COMPOSE = shutil.which("docker-compose")
pytestmark = pytest.mark.skipif(_COMPOSE is None, reason="docker-compose is not installed (tests/system-packages.txt)")

# The system's Python, which has docker-compose and a parser of its output.
_TO_JSON = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)"
_LENT, _PYTHON = "/run/secrets/", "/opt/mediaproc/bin/python"


@dataclass(frozen=True, kw_only=True)
class Clone:
    """A clone of the repository on a first node, and the services of its compose.yaml as processes of this machine."""

    folder: Path
    services: dict[str, Any]

    def run(self, service: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run the service once, or another command in its place, with the service's own secrets."""
        described = self.services[service]
        lent = self.folder / f"lent-to-{service}"
        shutil.rmtree(lent, ignore_errors=True)
        lent.mkdir()
        for each in described["secrets"]:
            shutil.copy(self.folder / "secrets" / each["source"], lent)
        words = [*described.get("entrypoint", ["mediaproc"]), *map(str, arguments or described["command"])]
        given = {name: value for name, value in (described.get("environment") or {}).items() if value is not None}
        here = {"MEDIAPROC_SCRATCH": str(self.folder / "scratch"), "MEDIAPROC_HOME": str(self.folder / "home")}
        return subprocess.run(
            list(self._of_this_machine(words, lent)),
            env=without_settings()
            | {name: value.replace(_LENT, f"{lent}/") for name, value in (given | here).items()}
            # Whether bubblewrap runs here is no question of compose.yaml.
            | {"MEDIAPROC_SANDBOX": "auto"},
            capture_output=True,
            text=True,
            check=False,
        )

    def _of_this_machine(self, words: list[str], lent: Path) -> Iterator[str]:
        program, *rest = words
        yield sys.executable
        if program != _PYTHON:
            assert program == "mediaproc"
            yield from ("-m", program)
        for word in rest:
            yield word.replace(_LENT, f"{lent}/").replace("/deploy/", f"{self.folder}/deploy/minio/")


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Clone]:
    """With its servers running, whose passwords stand where compose.yaml tells them to look."""
    folder = tmp_path / "clone"
    shutil.copytree(ROOT / "deploy", folder / "deploy")
    shutil.copy(ROOT / "compose.yaml", folder)
    with running_postgres(from_nothing=True) as postgres:
        postgres.execute("CREATE DATABASE mediaproc")
        (folder / ".env").write_text(f"DATABASE_PASSWORD={postgres.password}\n", encoding="utf-8")
        minio = MinioServer(find_minio(), folder=tmp_path / "minio")
        _make_secrets(folder, postgres=postgres.port, minio=minio.port)
        services = _services(folder)
        minio.user, minio.password = "mediaproc", (folder / "secrets" / "store_password").read_text()
        told = services["store"]["environment"]
        assert told == {"MINIO_ROOT_USER": minio.user, "MINIO_ROOT_PASSWORD_FILE": f"{_LENT}store_password"}
        minio.settings = {"MINIO_ROOT_PASSWORD": "", "MINIO_ROOT_PASSWORD_FILE": f"{folder}/secrets/store_password"}
        minio.start()
        try:
            yield Clone(folder=folder, services=services)
        finally:
            minio.stop()


def _make_secrets(folder: Path, *, postgres: int, minio: int) -> None:
    ports = {"DATABASE_PORT": str(postgres), "STORE_PORT": str(minio)}
    subprocess.run([folder / "deploy" / "make-secrets"], env=os.environ | ports, check=True)
    for file in (folder / "secrets").glob("*_url"):
        # The names of services are known inside of compose's network only.
        written = (
            file.read_text(encoding="utf-8").replace("@database:", "@127.0.0.1:").replace("@store:", "@127.0.0.1:")
        )
        file.unlink()
        file.write_text(written, encoding="utf-8")


def _services(folder: Path) -> dict[str, Any]:
    assert _COMPOSE is not None
    config = subprocess.run([_COMPOSE, "config"], cwd=folder, capture_output=True, text=True, check=True).stdout
    parsed = subprocess.run(
        ["/usr/bin/python3", "-c", _TO_JSON], input=config, capture_output=True, text=True, check=True
    ).stdout
    services: dict[str, Any] = json.loads(parsed)["services"]
    return services


def test_a_site_comes_up_in_the_order_of_compose_and_each_part_does_its_own(clone: Clone, tmp_path: Path) -> None:
    for service in ("migrate", "grants", "key"):
        # Each again, as with every `docker compose up`.
        for _ in range(2):
            done = clone.run(service)
            assert done.returncode == 0, (service, done.stderr)
    film = make_clip(tmp_path / "film.avi")
    done = clone.run("enqueue", film)
    assert done.returncode == 0, done.stderr
    done = clone.run("executor", "executor", "--until-idle", "--slots", "1")
    assert done.returncode == 0, done.stderr
    assert clone.run("executor", "doctor").returncode == 0
    assert clone.run("operate").returncode == 0
    shown = clone.run("operate", "tasks", "show", "1")
    assert shown.returncode == 0
    assert "completed" in shown.stdout
    for service, command in (("executor", ("enqueue", film)), ("executor", ("pause",))):
        refused = clone.run(service, *command)
        assert refused.returncode == 3, refused
        assert "permission denied" in refused.stderr


def test_a_further_node_gets_no_password_of_the_servers(clone: Clone) -> None:
    node = clone.folder / "node"
    subprocess.run([clone.folder / "deploy" / "make-secrets", "10.0.0.1", node], check=True)
    urls = {file.name: file.read_text(encoding="utf-8") for file in node.iterdir()}
    assert set(urls) == {"executor_url", "enqueuer_url", "operator_url", "server_url", "store_url"}
    assert all("@10.0.0.1:" in url for url in urls.values())
    for name in ("database_password", "store_password"):
        password = (clone.folder / "secrets" / name).read_text(encoding="utf-8")
        assert not any(password in url for url in urls.values())
    address = urls["store_url"].partition("@")[2]
    assert address == "10.0.0.1:9000/mediaproc?secure=false\n"


def test_the_sites_key_is_not_the_stores_root(clone: Clone) -> None:
    assert clone.run("key").returncode == 0
    url = (clone.folder / "secrets" / "store_url").read_text(encoding="utf-8")
    key, _, rest = url.removeprefix("minio://").partition(":")
    secret, _, address = rest.partition("@")
    client = Minio(address.partition("/")[0], access_key=key, secret_key=secret, secure=False)
    assert [each.name for each in client.list_buckets()] == ["mediaproc"]
