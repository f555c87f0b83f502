"""The handbook's way to work off a table: claim a batch, wait for its slowest, sleep to the next tick.

`python -m tests.bench.handbook_way DATABASE_URL BATCH` ends when the table is empty.
"""

import shlex
import subprocess
import sys
import time

import psycopg

TABLE = (
    "CREATE TABLE handbook (id bigint PRIMARY KEY, command text NOT NULL, is_claimed boolean NOT NULL DEFAULT false)"
)
_CLAIM = """
UPDATE handbook SET is_claimed = true
WHERE id IN (SELECT id FROM handbook WHERE NOT is_claimed ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING id, command
"""
_TICK = 5.0


def work_off(url: str, *, batch: int) -> None:
    """Each tick one batch, as a job of cron does that must not overlap with itself."""
    with psycopg.connect(url, autocommit=True) as connection:
        while claimed := connection.execute(_CLAIM, [batch]).fetchall():
            running = [(task, subprocess.Popen(shlex.split(command))) for task, command in claimed]
            for task, encode in running:
                if encode.wait() != 0:
                    raise RuntimeError(f"the encode of {task} failed")
                connection.execute("DELETE FROM handbook WHERE id = %s", [task])
            time.sleep(_TICK - time.time() % _TICK)


if __name__ == "__main__":
    work_off(sys.argv[1], batch=int(sys.argv[2]))
