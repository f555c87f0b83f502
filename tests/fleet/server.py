"""The database of the simulation: a real PostgreSQL with the settings of `deploy/postgresql/fleet.conf`."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.parts.postgres import PostgresServer, running_postgres

FLEET_CONF = Path(__file__).parents[2] / "deploy" / "postgresql" / "fleet.conf"
_SETTING = re.compile(r"^(\w+) *= *(\S+)", re.MULTILINE)

# What differs from the recommendation, since the machine of the simulation is smaller and has other work.
_SMALLER = {"shared_buffers": "2GB", "huge_pages": "off"}
# Durable, as a site's server is: the amount of WAL counts.
_DURABLE = {"fsync": "on", "full_page_writes": "on"}


def recommended() -> dict[str, str]:
    """The settings of the file, by name."""
    return dict(_SETTING.findall(FLEET_CONF.read_text(encoding="utf-8")))


@contextmanager
def fleet_postgres(*, settings: Mapping[str, str]) -> Iterator[PostgresServer]:
    """The server for the block; `settings` come before all others."""
    with running_postgres(settings=recommended() | _SMALLER | _DURABLE | dict(settings)) as server:
        yield server
