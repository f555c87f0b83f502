"""Tasks of several tenants in a site of a module's own, and what the commands say of it."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import Engine, text

from mediaproc.core.access import Scope
from mediaproc.core.task import ClaimedTask
from tests.db.attempt_ends import complete
from tests.db.task_rows import add_tasks, claim_one
from tests.parts.postgres import PostgresServer
from tests.web.conftest import opened
from tests.web.server import Server, serving, site_of


@dataclass(frozen=True, kw_only=True)
class ApiSite:
    """A server and tokens for it."""

    server: Server
    engine: Engine
    reader: str
    operator: str
    admin: str

    def add(self, name: str, *, count: int = 1, tenant: str = "", also: str | None = None) -> list[int]:
        """New tasks that wait, of files that this tenant has, and `also` another one."""
        ids = add_tasks(self.engine, count=count, name=name)
        with self.engine.begin() as connection:
            given = {"tenant": tenant, "ids": ids, "also": also}
            connection.execute(text("UPDATE media_process SET tenant = :tenant WHERE id = ANY (:ids)"), given)
            connection.execute(
                text(
                    "UPDATE media_upload SET tenant = :tenant FROM media_process AS task"
                    " WHERE task.file_id = media_upload.file_id AND task.id = ANY (:ids)"
                ),
                given,
            )
            if also is not None:
                connection.execute(
                    text(
                        "INSERT INTO media_upload (file_id, tenant, filename)"
                        " SELECT file_id, :also, filename FROM media_process WHERE id = ANY (:ids)"
                    ),
                    given,
                )
        return ids

    def claim(self, task_id: int) -> ClaimedTask:
        """Let an executor work on the task, before all others."""
        with self.engine.begin() as connection:
            connection.execute(text('UPDATE media_process SET "position" = -1e9 WHERE id = :id'), {"id": task_id})
        claimed = claim_one(self.engine)
        assert claimed.id == task_id
        return claimed

    def complete(self, task_id: int) -> ClaimedTask:
        """Let an executor complete the task, with a rendition that is in no store."""
        claimed = self.claim(task_id)
        with self.engine.begin() as connection:
            assert complete(connection, claimed)
        return claimed

    def status(self, task_id: int) -> str | None:
        """The task's status, None once it is gone from the tasks that are not done."""
        with self.engine.connect() as connection:
            status: str | None = connection.scalar(
                text("SELECT status FROM media_process WHERE id = :id"), {"id": task_id}
            )
        return status


@pytest.fixture(scope="module")
def api(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiSite]:
    """A site for the tests of one module."""
    name = postgres_server.create_database()
    folder = tmp_path_factory.mktemp("api")
    with opened(postgres_server.url(name), folder) as parts, serving(site_of(parts)) as server:
        yield ApiSite(
            server=server,
            engine=parts.database.engine,
            reader=server.token(Scope.READ),
            operator=server.token(Scope.OPERATE),
            admin=server.token(Scope.ADMIN),
        )
    postgres_server.drop_database(name)
