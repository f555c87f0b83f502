"""The composition root: makes the objects that do the work from the settings and the parts."""

from collections.abc import Mapping
from functools import partial

from structlog.typing import FilteringBoundLogger

from mediaproc.acts.completion import Workshop
from mediaproc.attempt_context import OtherAttempt
from mediaproc.compensation import Compensation
from mediaproc.config import PREFIX, Settings
from mediaproc.core.draft import DraftLimits
from mediaproc.core.errors import WrongUse
from mediaproc.core.limits import Limits
from mediaproc.core.outbound_url import AllowedHosts, TrustedHosts
from mediaproc.core.profile import DRAFT_FETCH, Profile
from mediaproc.core.site_profiles import parse_profiles
from mediaproc.db.reachability import Reachability
from mediaproc.delivery.alarms import Alarms, Thresholds
from mediaproc.delivery.sending import Sender
from mediaproc.draft_bundle.limits import BundleLimits
from mediaproc.draft_download.asking import DEADLINE as DRAFT_DEADLINE
from mediaproc.draft_download.attempt import DraftDownloader
from mediaproc.enqueue import Enqueuer
from mediaproc.enqueue.resumable import ResumableUploads, sweep_expired_uploads
from mediaproc.enqueue.unfinished_uploads import GIVEN_UP_AFTER, sweep_unfinished_uploads
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.ffmpeg.sandbox_detection import find_sandbox
from mediaproc.ffmpeg.tools import find_tools
from mediaproc.guarded_http import GuardedHttp
from mediaproc.parts import Parts
from mediaproc.processors import ExtraProfiles, installed_processors
from mediaproc.retention.keep import Keep
from mediaproc.retention.pruning import Pruning
from mediaproc.small_file import read_small_file


def make_enqueuer(parts: Parts, *, decodes_alone: bool = False) -> Enqueuer:
    """The enqueuer, with the site's own profiles and limits; `decodes_alone` as in `Enqueuer`.

    Raises:
        PartMissing: as `make_runner`.
        WrongUse: the file of profiles is not there, or has a value that cannot be.
    """
    return Enqueuer(
        database=parts.database,
        store=parts.store,
        runner=make_runner(parts.settings),
        extra=site_profiles(parts.settings),
        processors=installed_processors(),
        limits=site_limits(parts.settings),
        decodes_alone=decodes_alone,
        scratch_root=parts.settings.scratch_folder.absolute(),
    )


def make_workshop(parts: Parts) -> Workshop:
    """What a person's own rendition of a task is verified and settled with.

    Raises:
        PartMissing: as `make_runner`.
        WrongUse: as `site_profiles`.
    """
    return Workshop(
        database=parts.database,
        store=parts.store,
        runner=make_runner(parts.settings),
        scratch=parts.settings.scratch_folder.absolute(),
        lease=parts.settings.lease,
        profiles=site_profiles(parts.settings),
        processors=installed_processors(),
        limits=site_limits(parts.settings),
    )


def site_profiles(settings: Settings) -> Mapping[str, Profile]:
    """The profiles that the site has beside the built-in ones: its own, and those of installed processors.

    Raises:
        WrongUse: the file is not there, or has a value that cannot be.
    """
    return ExtraProfiles(_own_profiles(settings), processors=installed_processors())


def _own_profiles(settings: Settings) -> Mapping[str, Profile]:
    if settings.profiles is None:
        return {}
    try:
        text = read_small_file(settings.profiles)
    except OSError as error:
        raise WrongUse(f"The file of profiles {settings.profiles} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise WrongUse(f"The file of profiles {settings.profiles} {error}.") from None
    return parse_profiles(text)


def site_limits(settings: Settings) -> Limits:
    """The limits that the site sets for uploads."""
    return Limits(
        max_duration=settings.max_duration,
        max_size=settings.max_size,
        max_side=settings.max_side,
        max_streams=settings.max_streams,
        accept_salvaged=settings.accept_salvaged,
        minimum_readable=settings.minimum_readable,
    )


def make_runner(settings: Settings) -> FfmpegRunner:
    """The ffmpeg and ffprobe of this node, in the sandbox that the settings ask for.

    Raises:
        PartMissing: a program, or a required sandbox, is not there.
    """
    tools = find_tools(ffmpeg=settings.ffmpeg, ffprobe=settings.ffprobe, keep=settings.home / "bin")
    return FfmpegRunner(
        tools,
        sandbox=find_sandbox(settings.sandbox, tool=tools.ffmpeg),
        limits=site_limits(settings),
        stall_limit=settings.stall_limit,
    )


def make_compensation(parts: Parts, *, log: FilteringBoundLogger) -> Compensation:
    """The compensation of this process; make it before the first statement, so that it notes every lost connection."""
    return Compensation(
        database=parts.database,
        store=parts.store,
        lease=parts.settings.lease,
        reachability=Reachability(parts.database),
        sweep_uploads=partial(_sweep_uploads, parts, log=log),
        uploads_given_up_after=GIVEN_UP_AFTER,
        log=log,
    )


def _sweep_uploads(parts: Parts, *, log: FilteringBoundLogger) -> int:
    """How many uploads that never ended were removed, of every kind."""

    def complain(sentence: str) -> None:
        log.warning("sweep_left_one", reason=sentence)

    unfinished = sweep_unfinished_uploads(parts.database, parts.store, on_kept=complain)
    return unfinished + sweep_expired_uploads(parts.database, parts.store, on_kept=complain)


def make_uploads(parts: Parts, *, log: FilteringBoundLogger) -> ResumableUploads:
    """What a server of the API does with uploads; nothing is opened before it is needed."""
    return ResumableUploads(
        database=parts.database,
        store=parts.store,
        scratch_root=parts.settings.scratch_folder.absolute(),
        make_enqueuer=partial(make_enqueuer, parts),
        log=log,
    )


def make_http(settings: Settings) -> GuardedHttp:
    """The client for the hosts of webhooks."""
    trusted = TrustedHosts(setting=f"{PREFIX}WEBHOOK_HOSTS", hosts=frozenset(settings.webhook_hosts or ()))
    return GuardedHttp(trusted=trusted)


def draft_hosts(settings: Settings) -> AllowedHosts | None:
    """The hosts that may be asked for drafts; None where the settings name none."""
    named = settings.fetch_hosts
    return AllowedHosts(setting=f"{PREFIX}FETCH_HOSTS", entries=frozenset(named)) if named else None


def make_other_attempts(parts: Parts) -> Mapping[str, OtherAttempt]:
    """What makes the attempts that run no ffmpeg, by the processor of their profiles; empty where none is set up."""
    hosts = draft_hosts(parts.settings)
    if hosts is None:
        return {}
    downloader = DraftDownloader(
        database=parts.database,
        http=GuardedHttp(trusted=hosts.own, deadline=DRAFT_DEADLINE),
        hosts=hosts,
        limits=BundleLimits(),
        draft_limits=DraftLimits(),
    )
    return {DRAFT_FETCH: downloader}


def make_sender(parts: Parts, *, log: FilteringBoundLogger) -> Sender:
    """What sends messages to webhooks."""
    return Sender(database=parts.database, http=make_http(parts.settings), log=log)


def make_alarms(parts: Parts, *, log: FilteringBoundLogger) -> Alarms:
    """What looks whether the site needs a person."""
    settings = parts.settings
    thresholds = Thresholds(
        backlog_age=settings.alarm_backlog_age,
        exhausted=settings.alarm_exhausted,
        no_executor=settings.alarm_no_executor,
    )
    return Alarms(database=parts.database, thresholds=thresholds, log=log)


def make_pruning(parts: Parts, *, log: FilteringBoundLogger) -> Pruning:
    """The retention of this process."""
    keep = Keep(
        logs=parts.settings.keep_logs,
        attempts=parts.settings.keep_attempts,
        audit=parts.settings.keep_audit,
        deliveries=parts.settings.keep_deliveries,
        history=parts.settings.keep_history,
    )
    return Pruning(database=parts.database, store=parts.store, keep=keep, log=log)
