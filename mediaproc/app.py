"""The composition root: makes the objects that do the work from the settings."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from structlog.typing import FilteringBoundLogger

from mediaproc.acts.completion import Workshop
from mediaproc.compensation import Compensation
from mediaproc.config import PREFIX, Settings
from mediaproc.core.errors import PartMissing, WrongUse
from mediaproc.core.limits import Limits
from mediaproc.core.outbound_url import TrustedHosts
from mediaproc.core.profile import Profile
from mediaproc.core.site_profiles import parse_profiles
from mediaproc.db.database import Database
from mediaproc.db.reachability import Reachability
from mediaproc.db.schema_version import require_known_revision
from mediaproc.db.tasks.release import release_all
from mediaproc.delivery.alarms import Alarms, Thresholds
from mediaproc.delivery.sending import Sender
from mediaproc.embedded import private_server
from mediaproc.enqueue import Enqueuer
from mediaproc.enqueue.unfinished_uploads import GIVEN_UP_AFTER, sweep_unfinished_uploads
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.ffmpeg.sandbox_detection import find_sandbox
from mediaproc.ffmpeg.tools import find_tools
from mediaproc.guarded_http import GuardedHttp
from mediaproc.retention.keep import Keep
from mediaproc.retention.pruning import Pruning
from mediaproc.small_file import read_small_file
from mediaproc.store.directory import DirectoryStore
from mediaproc.store.interface import Store
from mediaproc.store.store_url import open_store


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The settings, the database and the store of a command. Nothing has been asked of them yet."""

    settings: Settings
    database: Database
    store: Store

    def require_schema(self) -> None:
        """Passes when the database answers and its tables serve this version.

        Raises:
            Unavailable, PartMissing
        """
        with self.database.read() as connection:
            require_known_revision(connection)


@contextmanager
def open_database(
    settings: Settings, *, application_name: str = "mediaproc", connections: int = 5, has_statement_timeout: bool = True
) -> Iterator[Database]:
    """The database that the settings name; without one, this machine's embedded server with this version's tables."""
    with _database_url(settings) as url:
        database = Database.at(
            url, application_name=application_name, connections=connections, has_statement_timeout=has_statement_timeout
        )
        try:
            yield database
        finally:
            database.close()


@contextmanager
def open_parts(
    settings: Settings, *, application_name: str = "mediaproc", connections: int = 5, has_statement_timeout: bool = True
) -> Iterator[Parts]:
    """The database and the store that the settings name; without them, those of this machine.

    An embedded database gets this version's tables; a configured one keeps what it has. Without `has_statement_timeout`
    it is for migrations, as in `Database.at`.
    """
    with open_database(
        settings,
        application_name=application_name,
        connections=connections,
        has_statement_timeout=has_statement_timeout,
    ) as database:
        yield Parts(settings=settings, database=database, store=find_store(settings))


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
        limits=site_limits(parts.settings),
        decodes_alone=decodes_alone,
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
        limits=site_limits(parts.settings),
    )


def site_profiles(settings: Settings) -> Mapping[str, Profile]:
    """The profiles that the site has beside the built-in ones.

    Raises:
        WrongUse: the file is not there, or has a value that cannot be.
    """
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
        sweep_uploads=partial(
            sweep_unfinished_uploads,
            parts.database,
            parts.store,
            on_kept=lambda sentence: log.warning("sweep_left_one", reason=sentence),
        ),
        uploads_given_up_after=GIVEN_UP_AFTER,
        log=log,
    )


def make_http(settings: Settings) -> GuardedHttp:
    """The client for the hosts of webhooks."""
    trusted = TrustedHosts(setting=f"{PREFIX}WEBHOOK_HOSTS", hosts=frozenset(settings.webhook_hosts or ()))
    return GuardedHttp(trusted=trusted)


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


def find_store(settings: Settings) -> Store:
    """The store that the settings name; without one, a directory in the home of this machine.

    Raises:
        PartMissing: the directory cannot be made.
        WrongUse: the URL is no store's.
    """
    if settings.store_url is not None:
        return open_store(settings.store_url)
    # Only this directory is made here: a configured one that is not there may be a disk that is not mounted.
    folder = settings.home.absolute() / "store"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise PartMissing(
            f"The folder {folder} cannot be made ({error.strerror}): set MEDIAPROC_HOME to one that can."
        ) from error
    return DirectoryStore(folder, is_own=True)


@contextmanager
def _database_url(settings: Settings) -> Iterator[str]:
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    with private_server(settings.home.absolute(), when_alone=_begin_alone) as url:
        yield url


def _begin_alone(url: str) -> None:
    """Make the tables of the embedded server, and release the tasks of dead executors: no other command uses it now."""
    # Imported here, since a daemon with a configured database needs no alembic.
    from mediaproc.db.migrate import migrate  # noqa: PLC0415

    database = Database.at(url, has_statement_timeout=False)
    try:
        migrate(database)
        with database.write() as connection:
            release_all(connection)
    finally:
        database.close()
