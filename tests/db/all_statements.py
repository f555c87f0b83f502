"""Every statement that an executor, an enqueuer and an operator run, once each; they need no particular rows."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import Connection, text

from mediaproc.core.access import Access
from mediaproc.core.access import Scope as AccessScope
from mediaproc.core.backoff import task_failure
from mediaproc.core.errors import ErrorClass
from mediaproc.core.lifecycle import Status, verdict
from mediaproc.core.message import MessageType
from mediaproc.core.pause import Scope
from mediaproc.core.selection import Selection
from mediaproc.core.shard import Shard
from mediaproc.core.task import ClaimedTask, Report
from mediaproc.db import (
    alarms,
    audit,
    automatic_shards,
    control,
    deliveries,
    delivery_claims,
    draft_counts,
    draft_requests,
    executor_registry,
    file_deletion,
    files,
    live,
    pauses,
    peers,
    resumable_uploads,
    schedules,
    upload_chunks,
    uploads,
    watched_claims,
    webhooks,
)
from mediaproc.db.access import idempotency, login_links, sessions, tokens
from mediaproc.db.access.web_key import web_key
from mediaproc.db.compensation_due import compensation_due
from mediaproc.db.delivery_claims import Delivery
from mediaproc.db.executor_locks import holds_lock
from mediaproc.db.executor_registry import Registration
from mediaproc.db.files import NewFile
from mediaproc.db.retention import old_access, old_attempts, old_audit, old_deliveries, old_history
from mediaproc.db.schedules import LocalRun
from mediaproc.db.schema import media_executor
from mediaproc.db.schema_version import require_known_revision
from mediaproc.db.selection import Cursor
from mediaproc.db.tasks import (
    attempt_notes,
    claim,
    due_tasks,
    expired_leases,
    lease,
    operator_acts,
    peer_comparison,
    person_claim,
    release,
    selected_tasks,
    settle,
    shard_indexes,
    sweep,
    take_back_strikes,
    waiting_tasks,
    watched_progress,
)
from mediaproc.db.tasks.claim_standing import standing
from mediaproc.db.tasks.insert import finished_tasks, follow_file, insert_task, live_tasks
from mediaproc.db.tasks.lease import Held
from mediaproc.db.upload_chunks import Chunk
from mediaproc.db.views import audit as audit_view
from mediaproc.db.views import files as file_view
from mediaproc.db.views import ops, overview, place_in_line, tasks, whole_task
from mediaproc.db.views.attempts import attempts_of, endings_of
from mediaproc.db.views.disk_use import disk_use
from mediaproc.db.views.health_figures import figures
from mediaproc.db.views.overview import read_overview
from mediaproc.db.views.source_of_task import source_of_task
from tests.db.sample_rows import failed
from tests.db.task_rows import claimant, rendition

_REPORT = Report(stage_seconds={"probe": 1.0}, cpu_seconds=1.0, log_tail="")
_SELECTIONS = ("1 2", "status:failed|completed executor:node name:film file:deadbeef older:2h", "tenant:ann")
_FILE = NewFile(id="0" * 64, filename="film.avi", bucket="b", object_key="k", mime_type="video/x-msvideo", size=5)


# As docs/explanation/order-of-tasks.md has them.
_WEIGHTS = (
    (
        "INSERT INTO media_tenant (tenant, last_start, last_cost, weight) VALUES ('ann', 0, 0, 2)"
        " ON CONFLICT (tenant) DO UPDATE SET weight = excluded.weight"
    ),
    "UPDATE media_tenant SET last_start = 0 WHERE tenant = 'ann'",
)


def as_executor(connection: Connection) -> None:
    """From the registration to the sweep of a compensation pass; `status --here` is its health check."""
    _register(connection)
    _follow_control(connection)
    # Its metrics.
    ops.backlog(connection)
    ops.executor_states(connection, seen_within=timedelta(hours=1))
    _claim_and_settle(connection)
    _compensate_and_sweep(connection)
    _prune(connection)


def as_enqueuer(connection: Connection) -> None:
    """An upload from its begin to its task, and one that is given up."""
    require_known_revision(connection)
    files.knows_objects(connection, bucket=_FILE.bucket)
    files.find_stored(connection, file_id=_FILE.id)
    files.find_known(connection, file_id=_FILE.id, bucket="b", tenant="")
    files.begin_upload(connection, file=_FILE)
    files.keep_upload(connection, file_id=_FILE.id)
    for probe in (None, b"facts"):
        assert files.store_file(
            connection, file_id=_FILE.id, bucket=_FILE.bucket, object_key=_FILE.object_key, probe=probe
        )
    files.abandon_upload(connection, file_id=_FILE.id)
    uploads.record_upload(connection, file_id=_FILE.id, tenant="", filename=_FILE.filename)
    uploads.names_given(connection, file_ids=[_FILE.id], tenant="")
    live_tasks(connection, file_id=_FILE.id)
    follow_file(connection, file_id=_FILE.id)
    finished_tasks(connection, file_id=_FILE.id)
    task = insert_task(connection, file_id=_FILE.id, profile="mp4", filename="film.avi", priority=1)
    assert tasks.tasks_named(connection, ids=[task.id])
    draft_requests.hold_request(connection, key="one")
    insert_task(
        connection, file_id=_FILE.id, profile="draft-fetch", filename="draft.json", priority=1, request_key="one"
    )
    newest = draft_requests.newest_request(connection, key="one")
    assert newest is not None
    assert newest.goes_on
    assert draft_requests.request_of_task(connection, task_id=newest.task_id, tenant="") == newest
    draft_counts.draft_counts(connection, tenant="")
    _upload_over_http(connection)


def as_operator(connection: Connection) -> None:
    """The statements of `status`, `tasks` and `doctor`, and the README's queries."""
    require_known_revision(connection)
    files.knows_objects(connection, bucket=_FILE.bucket)
    _look(connection)
    for statement in _WEIGHTS:
        connection.execute(text(statement))
    for written in _SELECTIONS:
        selection = Selection.parse(written)
        tasks.tasks(connection, selection=selection, with_history=True, after=Cursor.parse("2026-01-01T00:00:00Z/1"))
        tasks.count(connection, selection=selection, with_history=True)
    attempts_of(connection, task_id=1)
    endings_of(connection, ids=[1])
    source_of_task(connection, task_id=1, file_id=_FILE.id)
    read_overview(connection)
    overview.waiting_by_shard(connection, total=3, is_auto=True)
    place_in_line.place_in_line(connection, task_id=1)
    selected_tasks.beginning(connection)
    for ids in ([1], [1, 2]):
        operator_acts.retry(connection, ids=ids)
    operator_acts.set_priority(connection, ids=[1], priority=5)
    operator_acts.reject(connection, ids=[1], because="It is not ours.")
    operator_acts.cancel(connection, ids=[1])
    selection, now = Selection.parse("status:failed"), selected_tasks.beginning(connection)
    selected_tasks.batch(connection, selection=selection, until=now, after=None, limit=1)
    selected_tasks.lock_free(connection, selection=selection, ids=[1])
    selected_tasks.still_of(connection, selection=selection, ids=[1])
    person_claim.open_task(connection, task_id=1)
    person_claim.claim_for_person(connection, task_id=1, claimant=claimant())
    person_claim.give_back(
        connection, task_id=1, claim_token=uuid4(), status=Status.REJECTED, error_class=ErrorClass.BUG, error=""
    )
    no_task = _no_task()
    lease.renew(connection, held=[Held(task_id=1, claim_token=no_task.claim_token, progress=None)], lease=60.0)
    lease.announce_output(connection, task_id=1, claim_token=no_task.claim_token, bucket="b", key="out")
    settle.settle_completed(
        connection, task_id=1, claim_token=no_task.claim_token, rendition=rendition(no_task), report=_REPORT
    )
    selected_tasks.await_one(connection, selection=selection, task_id=1)
    pauses.pauses_in_force(connection)
    pauses.executors_named(connection, prefix="0")
    pauses.paused_executors_named(connection, prefix="0")
    pauses.profiles_of_executors(connection)
    for _ in range(2):
        pauses.pause(connection, scope=Scope(), until=timedelta(hours=1), because=None, actor="user@node")
    pauses.resume(connection, scope=Scope())
    control.read_control(connection, bucket="b", given_up_after=1.0)
    schedules.set_cron(connection, name="prune", cron="0 3 * * *", actor="user@node")
    schedules.set_paused(connection, name="prune", is_paused=True, actor="user@node")
    schedules.request_run(connection, name="prune")
    executor_registry.is_any_living(connection)
    _delete_file(connection)
    audit.record(connection, actor="user@node", act="retry", selection="1", count=1, because="It is mended.")
    _change_webhooks(connection)
    _give_access(connection)


def _look(connection: Connection) -> None:
    """What `status` and the page show, and what is noted while somebody looks at it."""
    ops.backlog(connection)
    ops.working(connection)
    ops.working_on(connection, task_id=1)
    ops.executors(connection, seen_within=timedelta(days=1))
    ops.living_on(connection, host="node")
    ops.done_per_hour(connection, hours=1)
    figures(connection)
    disk_use(connection)
    for view in ("backlog", "cost_per_tenant", "done_per_hour", "stage_times", "waiting_for_a_person"):
        connection.execute(text(f"SELECT * FROM ops.{view}"))  # noqa: S608 - our own names
    live.live_counts(connection)
    live.live_executors(connection)
    newest = Cursor.parse("2026-01-01T00:00:00Z/1")
    tasks.count_newer(connection, selection=Selection.parse("tenant:ann"), than=newest, at_most=1)
    watched_claims.forget_lapsed(connection)
    watched_claims.watch(connection, task_ids=[1])


STATEMENTS_BY_ROLE: Mapping[str, Callable[[Connection], None]] = {
    "executor": as_executor,
    "enqueuer": as_enqueuer,
    "operator": as_operator,
}


def _register(connection: Connection) -> None:
    one = uuid4()
    registration = Registration(
        executor_id=one, host="node", pid=7, shard=Shard(0, 1), slots=1, lease=60.0, weak_sandbox=None, version="1"
    )
    require_known_revision(connection)
    executor_registry.lock_registrations(connection)
    executor_registry.overlapping_executors(connection, executor_id=one, shard=Shard(0, 1), seen_within=60.0)
    executor_registry.register(connection, registration=registration)
    executor_registry.record_heartbeat(connection, executor_id=one, busy=1, state="paused", paused_for="It waits.")
    executor_registry.record_deaths(connection, dead=[one])
    automatic_shards.count_shard(connection, executor_id=one)
    automatic_shards.record_shard(connection, executor_id=one, shard=Shard.ALONE)
    executor_registry.delete_stale_executors(connection)
    shard_indexes.index_totals(connection)
    connection.execute(text("LISTEN mediaproc_due"))
    connection.scalar(holds_lock(media_executor.c.id).select())
    peers.ring(connection, executor_id=one, count=3)
    peers.sightings(connection, peers=[one])
    peers.sightings_and_shard(connection, peers=[one], executor_id=one)
    peers.tell_missing(connection, executors=[one])
    ops.living_on(connection, host="node")


def _follow_control(connection: Connection) -> None:
    control.read_control(connection, bucket="b", given_up_after=1.0)
    assert schedules.lock_schedule(connection, name="prune") is not None
    schedules.plan(connection, name="prune", next_fire_at=1.0)
    token = uuid4()
    schedules.begin_run(connection, name="prune", run_token=token, hold=60.0, next_fire_at=1.0)
    assert schedules.keep_run(connection, name="prune", run_token=token, hold=60.0)
    assert schedules.end_run(connection, name="prune", run_token=token, outcome="done")
    run = LocalRun(name="tick", took=1.0, ended_ago=1.0, outcome="done")
    schedules.note_local_runs(connection, runs=[run], older_than=60.0)
    pauses.delete_ended(connection)


def _claim_and_settle(connection: Connection) -> None:
    by, task = claimant(), _no_task()
    automatic = claimant(shard=Shard(0, 2, is_auto=True))
    claim.claim_due(connection, claimant=by, limit=1)
    claim.claim_due(connection, claimant=automatic, limit=1)
    claim.claim_stolen(connection, claimant=automatic, limit=1, due_for=1.0)
    claim.claim_stolen(connection, claimant=by, limit=1, due_for=1.0)
    claim.claim_overdue(connection, claimant=by, due_for=1.0)
    waiting_tasks.ask_for_waiting(connection, claimant=by, limit=1, steal_after=60.0)
    waiting_tasks.ask_for_waiting(connection, claimant=automatic, limit=1, steal_after=60.0)
    due_tasks.has_unfinished(connection, shard=by.shard, only=None)
    token = task.claim_token
    files.kept_probe(connection, file_id=task.file_id)
    lease.renew(connection, held=[Held(task_id=task.id, claim_token=token, progress=0.5)], lease=60.0)
    watched_progress.write_watched_progress(connection, held=[Held(task_id=task.id, claim_token=token, progress=0.5)])
    attempt_notes.note_wait(connection, claim_token=token)
    attempt_notes.note_encode(connection, claim_token=token, threads=2)
    lease.announce_output(connection, task_id=task.id, claim_token=token, bucket="b", key="out")
    settle.settle_completed(connection, task_id=task.id, claim_token=token, rendition=rendition(task), report=_REPORT)
    said = verdict(failed(), fail_count=0, policy=task_failure(base=1.0, cap=1.0), jitter=1.0)
    settle.settle_setback(connection, task_id=task.id, claim_token=token, verdict=said, report=_REPORT)
    standing(connection, task_id=task.id, claim_token=token)
    take_back_strikes.take_back_strike(connection, task_id=task.id, claim_token=token)
    take_back_strikes.take_back_failures(connection, claim_tokens=[token])
    peer_comparison.compare(connection, executor_id=by.executor_id, failed_claims=[token], completed=1)
    release.count_releases(connection, task_id=task.id, error_class=ErrorClass.DISK_FULL)
    release.release_unknown(connection, executor_id=by.executor_id, known=[])


def _upload_over_http(connection: Connection) -> None:
    """From its begin to its end, and one that is removed."""
    one, by = "0" * 32, uuid4()
    resumable_uploads.create(
        connection, upload_id=one, bucket="b", size=None, metadata={"filename": "film.avi"}, tenant="", actor="me"
    )
    assert resumable_uploads.find(connection, upload_id=one) is not None
    assert resumable_uploads.begin_writing(connection, upload_id=one, writer=by, offset=0, lease=15.0)
    assert resumable_uploads.keep_writing(connection, upload_id=one, writer=by, lease=15.0)
    assert upload_chunks.announce(connection, upload_id=one, start=0, writer=by)
    upload_chunks.name_parts(connection, upload_id=one, start=0, writer=by, parts_name="n")
    assert upload_chunks.parts_of(connection, upload_id=one) is not None
    assert resumable_uploads.advance(connection, upload_id=one, start=0, writer=by, size=5, lease=15.0)
    upload_chunks.keep(connection, upload_id=one, start=0, writer=by, size=5)
    resumable_uploads.fix_size(connection, upload_id=one, writer=by)
    resumable_uploads.stop_writing(connection, upload_id=one, writer=by, waits_for="The store is away.")
    assert resumable_uploads.unended(connection, bucket="b") == [one]
    assert resumable_uploads.begin_finishing(connection, upload_id=one, writer=by, lease=15.0)
    assert upload_chunks.kept_chunks(connection, upload_id=one, start=0)
    resumable_uploads.record_outcome(
        connection, upload_id=one, writer=by, outcome="enqueued", file_id=_FILE.id, task_ids=[1], error=None,
        error_class=None,
    )  # fmt: skip
    resumable_uploads.end(connection, upload_id=one, writer=by)
    assert resumable_uploads.begin_removal(connection, upload_id=one, writer=by, lease=15.0)
    chunks = upload_chunks.chunks_of(connection, upload_id=one)
    upload_chunks.forget(connection, upload_id=one, chunks=chunks)
    resumable_uploads.delete_upload(connection, upload_id=one, writer=by)


def _sweep_uploads_over_http(connection: Connection) -> None:
    one, by = "0" * 32, uuid4()
    resumable_uploads.expired(connection, bucket="b")
    resumable_uploads.begin_removal(connection, upload_id=one, writer=by, lease=15.0, only_expired=True)
    upload_chunks.chunks_of(connection, upload_id=one)
    upload_chunks.forget(connection, upload_id=one, chunks=[Chunk(start=0, writer=by, size=None)])
    resumable_uploads.postpone_removal(connection, upload_id=one, writer=by)
    resumable_uploads.delete_upload(connection, upload_id=one, writer=by)


def _compensate_and_sweep(connection: Connection) -> None:
    expired_leases.fail_expired_leases(connection, hold_off=0.0)
    expired_leases.fail_claims_of_dead(connection, dead=[uuid4()])
    expired_leases.still_held_by(connection, dead=[uuid4()])
    compensation_due(connection, hold_off=0.0, bucket="b", given_up_after=1.0)
    sweep.losers_outputs(connection, bucket="b")
    sweep.mark_swept(connection, claim_token=uuid4())
    files.unfinished_uploads(connection, bucket="b", older_than=1.0)
    files.lock_unfinished_upload(connection, file_id=_FILE.id, older_than=1.0)
    files.give_up_upload(connection, file_id=_FILE.id)
    _sweep_uploads_over_http(connection)
    _deliver(connection, webhook_id=1)
    alarms.watch_backlog(connection, older_than=60.0)
    alarms.watch_exhausted(connection, at_least=1)
    alarms.watch_executors(connection, older_than=60.0)
    alarms.end_alarm(connection, type_=MessageType.NO_EXECUTOR)


def _change_webhooks(connection: Connection) -> None:
    """The statements of `webhooks`."""
    events = ["task.completed"]
    one = webhooks.add_webhook(connection, url="https://a.example/", events=events, tenant=None, secret="s", actor="me")
    webhooks.webhooks(connection)
    alarms.alarms(connection)
    webhooks.rotate_secret(connection, webhook_id=one, secret="t", both_for=60.0)
    webhooks.enable_webhook(connection, webhook_id=one)
    tried = deliveries.add_test(connection, webhook_id=one)
    _deliver(connection, webhook_id=one)
    deliveries.replay_deliveries(connection, webhook_id=one, limit=10)
    deliveries.deliveries(connection, webhook_id=one, limit=10, ids=[tried], before=2**40)
    webhooks.remove_webhook(connection, webhook_id=one)
    old_deliveries.delete_deliveries(connection, webhook_id=one, limit=10)


def _give_access(connection: Connection) -> None:
    """The statements of `token`, and those of a server of the page and the API."""
    whole_task.whole_tasks(connection, ids=[1], tenant="ann")
    for tenant in ("ann", None):
        file_view.file_seen(connection, file_id="f" * 64, tenant=tenant)
    file_view.tasks_of(connection, file_id="f" * 64, tenant="ann")
    file_view.source_object(connection, file_id="f" * 64)
    file_view.rendition_object(connection, file_id="f" * 64, profile="mp4")
    audit_view.audit_lines(connection, limit=1, actor="ann", act="retry", before=1)
    one, secret = "0" * 12, bytes(32)
    scopes = (AccessScope.READ,)
    tokens.add_token(
        connection, token_id=one, secret_sha256=secret, scopes=scopes, tenant=None, name="", life=60.0, created_by="me"
    )
    assert tokens.token_of(connection, token_id=one) is not None
    tokens.touch(connection, token_id=one)
    tokens.tokens(connection)
    access = Access(scopes=frozenset(scopes), tenant=None, actor="me", token_id=one)
    sessions.begin_session(connection, secret_sha256=secret, access=access)
    assert sessions.session_of(connection, secret_sha256=secret) is not None
    sessions.touch_session(connection, secret_sha256=secret)
    assert tokens.valid_among(connection, ids=[one]) == {one}
    assert sessions.valid_among(connection, secrets_sha256=[secret]) == {secret}
    sessions.end_session(connection, secret_sha256=secret)
    assert tokens.tokens_there(connection, ids=[one]) == {one}
    tokens.revoke(connection, ids=[one])
    sessions.end_sessions_of(connection, token_ids=[one])
    login_links.add_login_link(connection, secret_sha256=secret)
    assert login_links.works(connection, secret_sha256=secret)
    login_links.use(connection, secret_sha256=secret)
    idempotency.begin(connection, token_id=one, key="k", request_sha256=secret)
    idempotency.begin(connection, token_id=one, key="k", request_sha256=secret)
    idempotency.forget(connection, token_id=one, key="k")
    idempotency.finish(connection, token_id=one, key="k", status=200, body=b"", headers={})
    web_key(connection, offered=secret)


def _deliver(connection: Connection, *, webhook_id: int) -> None:
    delivery_claims.due_webhooks(connection)
    claimed = delivery_claims.claim_delivery(connection, webhook_id=webhook_id, lease=30.0) or _no_delivery()
    delivery_claims.note_failure(connection, delivery=claimed, status=500, error="It answered 500.", delay=5.0)
    delivery_claims.note_failure(connection, delivery=claimed, status=500, error="It answered 500.", delay=None)
    delivery_claims.note_delivered(connection, delivery=claimed, status=200)
    webhooks.disable_webhook(connection, webhook_id=webhook_id, because="It is gone.")
    delivery_claims.give_up_deliveries(connection, webhook_id=webhook_id, error="It is gone.")
    old_deliveries.delete_old_deliveries(connection, older_than=60.0, limit=10)


def _no_delivery() -> Delivery:
    """A message that does not exist, as `_no_task`."""
    return Delivery(
        id=1, message_id=uuid4(), webhook_id=1, task_id=None, type="task.completed", body="{}", attempts=0,
        lease_token=uuid4(), url="https://a.example/", secrets=("s",), at=0,
    )  # fmt: skip


def _prune(connection: Connection) -> None:
    old_attempts.clear_log_tails(connection, keep=1.0, limit=1, since=None)
    old_attempts.old_attempts(connection, keep=1.0, limit=1, after=None)
    old_attempts.delete_attempts(connection, keep=1.0, claim_tokens=[uuid4()])
    old_audit.delete_audit(connection, keep=1.0, limit=1)
    old_access.delete_access(connection, keep_tokens=1.0, limit=1)
    old_history.old_tasks(connection, keep=1.0, limit=1, after=None)
    old_history.lock_files(connection, file_ids=[_FILE.id], bucket="b")
    old_history.delete_renditions(connection, task_ids=[1], keep=1.0, bucket="b")
    old_history.renditions_to_delete(connection, bucket="b", limit=1)
    old_history.forget_deleted(connection, task_ids=[1])
    old_history.delete_tasks(connection, task_ids=[1], keep=1.0)
    old_history.give_up_sources(connection, file_ids=[_FILE.id], bucket="b")
    audit.record(connection, actor="schedule", act="prune", selection="", count=0)


def _delete_file(connection: Connection) -> None:
    file_deletion.files_of_tenant(connection, tenant="", limit=1)
    file_deletion.extent(connection, file_ids=[_FILE.id], tenant="")
    file_deletion.tenants(connection, file_id=_FILE.id)
    file_deletion.lock_tasks(connection, file_id=_FILE.id)
    file_deletion.lock_file(connection, file_id=_FILE.id)
    file_deletion.has_tasks(connection, file_id=_FILE.id)
    file_deletion.is_known(connection, file_id=_FILE.id)
    file_deletion.has_more_than_ids(connection, file_id=_FILE.id)
    file_deletion.buckets_elsewhere(connection, file_id=_FILE.id, bucket="b")
    file_deletion.forget_upload(connection, file_id=_FILE.id, tenant="")
    file_deletion.delete_history(connection, file_id=_FILE.id)
    file_deletion.delete_messages(connection, file_id=_FILE.id)
    file_deletion.give_up_file(connection, file_id=_FILE.id)
    # Not that of the task that the enqueuer has.
    files.lock_unfinished_upload(connection, file_id="f" * 64, older_than=1.0)
    files.give_up_upload(connection, file_id="f" * 64)


def _no_task() -> ClaimedTask:
    """A task that does not exist: PostgreSQL checks rights also where a statement finds no row."""
    return ClaimedTask(
        id=1,
        file_id=_FILE.id,
        profile="mp4",
        filename=_FILE.filename,
        bucket=_FILE.bucket,
        object_key=_FILE.object_key,
        size=_FILE.size,
        position=0.0,
        attempt=1,
        fail_count=0,
        claim_token=uuid4(),
    )
