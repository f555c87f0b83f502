"""A real PgBouncer in front of a test's database, in transaction or in session mode."""

import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.parts.ports import free_port

# Debian installs it into a folder that only an administrator's PATH has.
PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

needs_pgbouncer = pytest.mark.skipif(PGBOUNCER is None, reason="PgBouncer is not installed")

_NOBODY = 65534


@contextmanager
def running_pgbouncer(database_url: str, *, mode: str, more: str = "") -> Iterator[str]:
    """The database's URL by way of the pooler; `more` are lines of its own section of the settings."""
    assert PGBOUNCER is not None
    url = make_url(database_url)
    # Outside of pytest's folders, which only their owner may enter: PgBouncer refuses to run as root.
    folder = Path(tempfile.mkdtemp(prefix="mediaproc-tests-"))
    port = free_port()
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        f"[databases]\n{url.database} = host={url.host} port={url.port} user={url.username} password={url.password}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
        f"pool_mode = {mode}\n{more}\n"
    )
    user = _NOBODY if os.geteuid() == 0 else None
    if user is not None:
        for path in (folder, settings):
            os.chown(path, user, -1)
    process = subprocess.Popen([PGBOUNCER, settings], user=user, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        _wait_until_it_listens(process, port=port)
        yield url.set(port=port).render_as_string(hide_password=False)
    finally:
        process.kill()
        process.wait(timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_it_listens(process: "subprocess.Popen[bytes]", *, port: int) -> None:
    pause = threading.Event()
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"PgBouncer ended with {process.returncode}")
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        pause.wait(0.1)
    raise TimeoutError
