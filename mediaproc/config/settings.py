"""Every setting: its default, its bounds, its help text; frozen once read."""

from pathlib import Path
from typing import Annotated, ClassVar, Literal

import platformdirs
from pydantic import Field, SecretStr, model_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from mediaproc.config.precedence import PREFIX, settings_file, strongest
from mediaproc.config.setting_types import (
    AddressSetting,
    AskedHostsSetting,
    CronSetting,
    HostsSetting,
    PrefixSetting,
    ProxiesSetting,
    Retention,
    Seconds,
    SecondsOrZero,
    ShardSetting,
)
from mediaproc.config.url_files import with_urls_from_files
from mediaproc.core.cron import Cron
from mediaproc.core.limits import STALL_LIMIT, Limits
from mediaproc.core.listen_address import ListenAddress
from mediaproc.core.shard import Shard
from mediaproc.machine import usable_cpus


class Settings(BaseSettings):
    """Every setting with its meaning and its default; times are seconds, sizes bytes."""

    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="forbid", arbitrary_types_allowed=True, env_ignore_empty=True
    )

    database_url: SecretStr | None = Field(
        default=None, description="`postgresql://USER:PASSWORD@HOST:PORT/DATABASE`; without it an embedded PostgreSQL"
    )
    store_url: SecretStr | None = Field(
        default=None,
        description=(
            "`minio://ACCESS:SECRET@HOST:PORT/BUCKET?secure=false`, or `file:///DIR`;"
            " without it a directory in the home"
        ),
    )
    database_url_file: Path | None = Field(
        default=None, description="a file that holds the database's URL, in the place of `MEDIAPROC_DATABASE_URL`"
    )
    store_url_file: Path | None = Field(
        default=None, description="a file that holds the store's URL, in the place of `MEDIAPROC_STORE_URL`"
    )
    home: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("mediaproc")),
        description="where the embedded parts and the scratch folder live",
    )
    scratch: Path | None = Field(
        default=None, description="each attempt gets a private folder in this one; without it in the home"
    )
    shard: ShardSetting = Field(
        default=Shard(0, 1),
        description="`INDEX/TOTAL`: this executor's tasks are those with id % TOTAL = INDEX; `auto`: its share of all",
    )
    slots: Annotated[int, Field(ge=1, le=1024)] = Field(
        default_factory=usable_cpus, description="how many transcodes this executor runs at the same time"
    )
    cron: CronSetting = Field(
        default=Cron.parse("*/5 * * * * *"), description="when to look for due tasks: 5 or 6 fields, seconds first, UTC"
    )
    compensate_cron: CronSetting = Field(
        default=Cron.parse("*/5 * * * * *"), description="when to fail tasks whose lease ran out, in the same form"
    )
    sweep_cron: CronSetting = Field(
        default=Cron.parse("*/5 * * * * *"),
        description="when one executor of the site removes what lost claims and unfinished uploads left",
    )
    prune_cron: CronSetting = Field(
        default=Cron.parse("17 * * * *"),
        description="when one executor of the site deletes what was kept for long enough",
    )
    deliveries_cron: CronSetting = Field(
        default=Cron.parse("*/5 * * * * *"), description="when one executor of the site sends the messages that wait"
    )
    alarms_cron: CronSetting = Field(
        default=Cron.parse("* * * * *"),
        description="when one executor of the site looks for what is to be alarmed about",
    )
    lease: Seconds = Field(
        default=60.0, description="how long an executor may work on a task without a renewal; at least 3 heartbeats"
    )
    heartbeat: Seconds = Field(default=15.0, description="the time between two renewals of the leases of running tasks")
    backoff: SecondsOrZero = Field(
        default=10.0, description="the longest delay after the first failure of a task; each further one doubles it"
    )
    backoff_cap: SecondsOrZero = Field(default=3600.0, description="the longest delay after any failure")
    steal_after: SecondsOrZero = Field(
        default=60.0,
        description="how long another shard's task must have been due before it may be taken; 0: never",
    )
    drain_grace: SecondsOrZero = Field(default=30.0, description="how long SIGTERM lets running tasks finish")
    stall_limit: Seconds = Field(
        default=STALL_LIMIT, description="how long ffmpeg may make no progress before it is killed, which is a strike"
    )
    keep_logs: Retention = Field(
        default=86_400.0 * 14, description="how long the end of ffmpeg's log is kept after an attempt; at least a day"
    )
    keep_attempts: Retention = Field(
        default=86_400.0 * 90, description="how long attempts are kept after their task has ended; at least a day"
    )
    keep_audit: Retention = Field(
        default=86_400.0 * 365, description="how long the audit tells of an act; at least a day"
    )
    keep_deliveries: Retention = Field(
        default=86_400.0 * 30, description="how long a message that nobody will send any more is kept; at least a day"
    )
    keep_history: Retention | None = Field(
        default=None,
        description=(
            "how long tasks that have ended are kept, with their renditions and with sources that nothing else names;"
            " at least a day; without it for ever"
        ),
    )
    ffmpeg: str | None = Field(default=None, description="the program; without it the one on PATH, then a wheel's")
    ffprobe: str | None = Field(default=None, description="the program; without it the one on PATH, then a wheel's")
    sandbox: Literal["auto", "require", "off"] = Field(
        default="auto",
        description="bubblewrap around ffmpeg: `auto` where it can run, `require` or refuse to start, `off` for none",
    )
    profiles: Path | None = Field(
        default=None, description="a TOML file with the site's own profiles, beside the built-in ones"
    )
    max_duration: Seconds = Field(default=Limits.max_duration, description="the longest source that is taken")
    max_size: Annotated[int, Field(gt=0)] = Field(
        default=Limits.max_size, description="the largest source that is taken, in bytes"
    )
    max_side: Annotated[int, Field(ge=16, le=16384)] = Field(
        default=Limits.max_side, description="the longest side of a source's picture, in pixels"
    )
    max_streams: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=Limits.max_streams, description="the most streams that a source may have"
    )
    accept_salvaged: bool = Field(
        default=Limits.accept_salvaged,
        description="whether what could be read of a damaged source is a rendition, marked `salvaged`",
    )
    minimum_readable: Annotated[float, Field(ge=0, le=1)] = Field(
        default=Limits.minimum_readable,
        description="the part of a damaged source that must be readable, else it is rejected",
    )
    metrics: AddressSetting | None = Field(
        default=None,
        description=(
            "`HOST:PORT` where an executor tells its metrics, and whether it lives and is ready;"
            " needs mediaproc[metrics]"
        ),
    )
    webhook_hosts: HostsSetting | None = Field(
        default=None,
        description=(
            "hosts that webhooks may name though their addresses are private or they have no TLS:"
            " `HOST` or `HOST:PORT`, with commas between"
        ),
    )
    fetch_hosts: AskedHostsSetting | None = Field(
        default=None,
        description=(
            "hosts that this executor may ask for drafts, `HOST` or `HOST:PORT`, with commas between; with `http://`"
            " before it, one of your own network, whose address may be private and which needs no TLS"
        ),
    )
    alarm_backlog_age: SecondsOrZero = Field(
        default=3600.0, description="how long a task may have been due before webhooks are alarmed; 0: never"
    )
    alarm_exhausted: Annotated[int, Field(ge=0, le=10_000)] = Field(
        default=1, description="how many tasks with three strikes alarm webhooks; 0: never"
    )
    alarm_no_executor: SecondsOrZero = Field(
        default=300.0,
        description="how long a task may be due that no living executor can do before webhooks are alarmed; 0: never",
    )
    listen: AddressSetting = Field(
        default=ListenAddress("127.0.0.1", 8080), description="`HOST:PORT` where the page and the HTTP API answer"
    )
    prefix: PrefixSetting | None = Field(
        default=None, description="the path that stands before every address of the page, such as `/media`"
    )
    web_hosts: HostsSetting | None = Field(
        default=None,
        description=(
            "the names by which browsers reach the page, where that is not this machine's own:"
            " `HOST` or `HOST:PORT`, with commas between"
        ),
    )
    web_proxies: ProxiesSetting | None = Field(
        default=None,
        description=(
            "addresses or networks of proxies before the page, with commas between: what they say in"
            " `X-Forwarded-For` and `X-Forwarded-Proto` is believed"
        ),
    )
    capcut_mate: Literal["off", "token", "open"] = Field(
        default="off",
        description=(
            "whether the server also answers as capcut-mate's API does, under `/openapi/capcut-mate/v1`: `token`, to"
            " callers with a token of ours as their `apiKey` or bearer token; `open`, to whoever reaches it"
        ),
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="the least level that is logged"
    )

    @model_validator(mode="after")
    def _consistent(self) -> "Settings":
        if self.lease < 3 * self.heartbeat:
            raise ValueError(
                f"the lease of {self.lease:g} s is shorter than three heartbeats of {self.heartbeat:g} s;"
                " lengthen MEDIAPROC_LEASE or shorten MEDIAPROC_HEARTBEAT"
            )
        if self.backoff_cap < self.backoff:
            raise ValueError(
                f"the backoff's cap of {self.backoff_cap:g} s is below its base of {self.backoff:g} s;"
                " raise MEDIAPROC_BACKOFF_CAP or lower MEDIAPROC_BACKOFF"
            )
        return self

    @property
    def scratch_folder(self) -> Path:
        """The folder in which each attempt gets a private one."""
        return self.scratch if self.scratch is not None else self.home / "scratch"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings names its arguments
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Options, then the environment, then the file that the options name; URLs also from files of their own."""
        options = dict(init_settings())
        config = options.pop("config", None)
        given = strongest(options, env_settings(), settings_file(config))
        return (InitSettingsSource(settings_cls, init_kwargs=with_urls_from_files(given)),)
