"""A PgQueuer consumer with its default settings that prints each job's payload the moment it has it."""

import asyncio
import sys

import asyncpg
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgDriver
from pgqueuer.models import Job

ENTRYPOINT = "pickup"


async def consume(url: str) -> None:
    """Until it is ended."""
    queue = PgQueuer(AsyncpgDriver(await asyncpg.connect(url)))

    @queue.entrypoint(ENTRYPOINT)
    async def print_payload(job: Job) -> None:
        print((job.payload or b"").decode(), flush=True)

    await queue.run()


if __name__ == "__main__":
    asyncio.run(consume(sys.argv[1]))
