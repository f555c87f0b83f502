"""Enqueues a file that the store has already: more profiles of it, or the same ones anew."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from mediaproc.core.errors import BadSource
from mediaproc.core.probe import Probe
from mediaproc.core.profile import Profile, profile_named
from mediaproc.core.source_kind import default_profiles, is_draft, misfits_by_kind
from mediaproc.db import files
from mediaproc.db.tasks.tasks_of_file import insert_tasks
from mediaproc.db.uploads import record_upload
from mediaproc.enqueue.enqueued import Enqueued
from mediaproc.enqueue.enqueuer import Enqueuer
from mediaproc.enqueue.examination import Facts, misfits_of, not_accepted
from mediaproc.enqueue.expected_costs import expected_costs


def enqueue_stored(
    enqueuer: Enqueuer,
    *,
    file_id: str,
    profiles: Sequence[str],
    priority: int = 0,
    tenant: str = "",
    only_of: str | None = None,
    force: bool = False,
) -> Enqueued | None:
    """Insert one task of the file for each profile, as `Enqueuer.enqueue`; None where the store has no such file.

    With `only_of`, it must be among the files that this tenant has.

    Raises:
        WrongUse: there is no such profile.
        Unavailable, PartMissing: the database.
    """
    for name in profiles:
        profile_named(name, extra=enqueuer.extra)
    with enqueuer.database.read() as connection:
        known = files.find_known(connection, file_id=file_id, bucket=enqueuer.store.bucket, tenant=only_of)
    if known is None:
        return None
    of_draft = is_draft(known.mime_type)
    names = profiles or default_profiles(of_draft=of_draft)
    wanted = {name: profile_named(name, extra=enqueuer.extra) for name in names}
    facts = enqueuer.runner.probe_of(known.probe, file_id=file_id) if known.probe else None
    misfits = {
        **not_accepted(wanted, mime_type=known.mime_type, processors=enqueuer.processors),
        **_misfits(enqueuer, facts, wanted=wanted),
        **misfits_by_kind(wanted, of_draft=of_draft),
    }
    fitting = {name: profile for name, profile in wanted.items() if name not in misfits}
    if not fitting:
        refusal = next(iter(misfits.values()))
        return Enqueued(
            path=Path(known.filename), status="refused", file=file_id, error=str(refusal),
            error_class=refusal.error_class,
        )  # fmt: skip
    costs = expected_costs(Facts(probe=facts), wanted=fitting, size=known.size, limits=enqueuer.limits)
    with enqueuer.database.write() as connection:
        if not files.store_file(
            connection,
            file_id=file_id,
            bucket=enqueuer.store.bucket,
            object_key=known.object_key,
            is_duplicate=True,
        ):
            return None
        record_upload(connection, file_id=file_id, tenant=tenant, filename=known.filename)
        tasks = insert_tasks(
            connection,
            file_id=file_id,
            filename=known.filename,
            costs=costs,
            priority=priority,
            tenant=tenant,
            force=force,
        )
    return Enqueued.of(path=Path(known.filename), file=file_id, tasks=tasks, misfits=misfits)


def _misfits(enqueuer: Enqueuer, facts: Probe | None, *, wanted: Mapping[str, Profile]) -> Mapping[str, BadSource]:
    if facts is None:
        return {}
    return misfits_of(facts, wanted=wanted, limits=enqueuer.limits, decodes_alone=enqueuer.decodes_alone)
