"""`make schemathesis`: requests that the description allows, and such that it forbids, at a server of a real site.

Each route gets values at and beyond its bounds, in sequences too, where one answer names what the next request asks
for. Whatever comes, the answer has a status, a type and a form that the description names, none of the server's own
faults, and nothing for who shows no token (docs/reference/api-fuzzing.md).
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from mediaproc.config import Settings
from mediaproc.core.access import Scope
from mediaproc.core.shard import Shard
from mediaproc.db.executor_registry import register
from mediaproc.parts import Parts, open_parts
from tests.db.attempt_ends import complete, set_back
from tests.db.task_rows import add_tasks, claim_one, registration
from tests.parts.postgres import PostgresServer, running_postgres
from tests.web.server import Server, serving, site_of

# Which of the texts that the description allows mean something - a selection, a cron, a URL, an entity tag - only the
# sentence of a refusal can tell. And the address of /uploads/presigned is that of an upload too, with more methods.
_CHECKS = ("--checks", "all", "--exclude-checks", "positive_data_acceptance,allow_header_conformance")
_CONFIG = Path(__file__).with_name("schemathesis.toml")
# A stream has no end, and who fuzzes may not revoke the token that it has.
_LEFT_OUT = ("--exclude-path", "/api/v1/events", "--exclude-operation-id-regex", "^revoke_token")


@dataclass(frozen=True, kw_only=True)
class Fuzzing:
    """What came of a run: its exit code, 0 where nothing was found, and what it printed."""

    code: int
    output: str


def fuzz(server: Server, *, seconds: float, seed: int | None = None, options: Sequence[str] = ()) -> Fuzzing:
    """Fuzz the server for about so long."""
    token = server.token(Scope.ADMIN)
    command = [
        *(str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(_CONFIG)),
        *("run", f"{server.url}/openapi.json"),
        *("--header", f"Authorization: Bearer {token}", "--max-time", f"{seconds:.0f}", "--workers", "1"),
        *("--generation-database", "none", "--warnings", "off", "--request-timeout", "20", *_CHECKS),
        *(*_LEFT_OUT, *options),
        *(() if seed is None else ("--seed", str(seed))),
    ]
    # It leaves what it found in its folder.
    with tempfile.TemporaryDirectory() as folder:
        ran = subprocess.run(
            command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder
        )
    return Fuzzing(code=ran.returncode, output=ran.stdout.replace(token, "TOKEN"))


@contextmanager
def site_to_fuzz(postgres: PostgresServer, folder: Path) -> Iterator[Server]:
    """A server of a site with tasks in each status, an executor, a webhook."""
    store = folder / "store"
    store.mkdir()
    name = postgres.create_database()
    settings = {"database_url": postgres.url(name), "store_url": f"file://{store}", "home": folder / "home"}
    with open_parts(Settings.model_validate(settings)) as parts:
        parts.store.prepare()
        _fill(parts)
        with serving(site_of(parts)) as server:
            yield server
    postgres.drop_database(name)


def _fill(parts: Parts) -> None:
    engine = parts.database.engine
    add_tasks(engine, count=20)
    for end in (complete, set_back):
        task = claim_one(engine)
        with engine.begin() as connection:
            end(connection, task)
    claim_one(engine)
    with engine.begin() as connection:
        register(connection, registration=registration(shard=Shard(0, 1)))
        connection.execute(
            text(
                "INSERT INTO media_webhook (url, events, secret, actor)"
                " VALUES ('https://example.com/hook', '{task.completed}', 'whsec_AAAA', 'test')"
            )
        )


def main() -> int:
    """The exit code of the fuzzer."""
    parser = argparse.ArgumentParser(prog="python -m tests.web.fuzzing")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int)
    given, options = parser.parse_known_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_postgres() as postgres,
        site_to_fuzz(postgres, Path(folder)) as server,
    ):
        found = fuzz(server, seconds=given.seconds, seed=given.seed, options=options)
    sys.stdout.write(found.output)
    return found.code


if __name__ == "__main__":
    sys.exit(main())
