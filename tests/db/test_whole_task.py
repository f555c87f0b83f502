"""A whole task has a fingerprint that tells whether it is as it was, and is seen by its own tenant alone."""

from sqlalchemy import Engine, text

from mediaproc.db.tasks.lease import Held, renew
from mediaproc.db.tasks.operator_acts import set_priority
from mediaproc.db.views.whole_task import whole_tasks
from tests.db.task_rows import add_tasks, claim_one


def _fingerprint(engine: Engine, task_id: int) -> str:
    with engine.connect() as connection:
        return whole_tasks(connection, ids=[task_id])[task_id].fingerprint


def test_a_fingerprint_changes_with_acts_and_claims_and_not_with_progress(engine: Engine) -> None:
    (task_id,) = add_tasks(engine, count=1)
    fingerprints = [_fingerprint(engine, task_id)]
    claimed = claim_one(engine)
    fingerprints.append(_fingerprint(engine, task_id))
    held = Held(task_id=task_id, claim_token=claimed.claim_token, progress=0.5)
    with engine.begin() as connection:
        renew(connection, held=[held], lease=60)
    assert _fingerprint(engine, task_id) == fingerprints[-1]
    with engine.begin() as connection:
        set_priority(connection, ids=[task_id], priority=9)
    fingerprints.append(_fingerprint(engine, task_id))
    assert len(set(fingerprints)) == 3


def test_a_tenant_sees_the_tasks_of_its_files_alone(engine: Engine) -> None:
    ids = add_tasks(engine, count=3)
    with engine.begin() as connection:
        for task_id, tenant in zip(ids, ("ann", "bob", "bob"), strict=True):
            connection.execute(
                text(
                    "WITH own AS (UPDATE media_process SET tenant = :tenant WHERE id = :id RETURNING file_id, filename)"
                    " INSERT INTO media_upload (file_id, tenant, filename) SELECT file_id, :tenant, filename FROM own"
                ),
                {"tenant": tenant, "id": task_id},
            )
        assert set(whole_tasks(connection, ids=ids)) == set(ids)
        assert set(whole_tasks(connection, ids=ids, tenant="ann")) == set(ids[:1])
        assert set(whole_tasks(connection, ids=ids, tenant="bob")) == set(ids[1:])
        assert not whole_tasks(connection, ids=ids, tenant="eve")
