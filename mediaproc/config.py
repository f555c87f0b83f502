"""The settings: option before environment before file, read once, checked, frozen."""

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import platformdirs
from pydantic import BeforeValidator, Field, PlainSerializer, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from mediaproc.core.cron import Cron
from mediaproc.core.errors import WrongUse
from mediaproc.core.shard import Shard
from mediaproc.core.text import quoted
from mediaproc.core.toml import parse_toml
from mediaproc.environment import variables
from mediaproc.machine import usable_cpus
from mediaproc.small_file import read_small_file

PREFIX = "MEDIAPROC_"

# The one variable that is no setting, and the tests' own.
_CONFIG = f"{PREFIX}CONFIG"
_TESTS = f"{PREFIX}TEST_"


def _parsed(kind: type[Shard | Cron]) -> BeforeValidator:
    """Our own parsers inside pydantic: their WrongUse becomes the sentence of the validation error."""

    def validate(value: object) -> object:
        try:
            # A file may hold a number where text belongs.
            return value if isinstance(value, kind) else kind.parse(str(value))
        except WrongUse as error:
            raise ValueError(str(error)) from None

    return BeforeValidator(validate)


# NoDecode: these are written as plain text in the environment, not as JSON.
ShardSetting = Annotated[Shard, NoDecode, _parsed(Shard), PlainSerializer(str)]
CronSetting = Annotated[Cron, NoDecode, _parsed(Cron), PlainSerializer(str)]
Seconds = Annotated[float, Field(gt=0, le=86_400 * 30)]
SecondsOrZero = Annotated[float, Field(ge=0, le=86_400 * 30)]


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
    home: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("mediaproc")),
        description="where the embedded parts and the scratch folder live",
    )
    scratch: Path | None = Field(
        default=None, description="one private folder per attempt is made here; without it in the home"
    )
    shard: ShardSetting = Field(default=Shard(0, 1), description="`INDEX/TOTAL`: the tasks with id % TOTAL = INDEX")
    slots: Annotated[int, Field(ge=1, le=1024)] = Field(
        default_factory=usable_cpus, description="transcodes at a time; the CPUs that this process may use"
    )
    cron: CronSetting = Field(
        default=Cron.parse("*/5 * * * * *"), description="when to look for due tasks: 5 or 6 fields, seconds first, UTC"
    )
    compensate_cron: CronSetting = Field(
        default=Cron.parse("*/5 * * * * *"), description="when to fail tasks whose lease ran out, in the same form"
    )
    lease: Seconds = Field(default=60.0, description="how long a claim is good; at least 3 heartbeats")
    heartbeat: Seconds = Field(default=15.0, description="how often the leases of running tasks are renewed")
    backoff: SecondsOrZero = Field(default=10.0, description="base of the delay after a failure, doubled by each")
    backoff_cap: SecondsOrZero = Field(default=3600.0, description="the longest delay after a failure")
    steal_after: SecondsOrZero = Field(
        default=60.0,
        description="how long another shard's task must have been due before it may be taken; 0: never",
    )
    drain_grace: SecondsOrZero = Field(default=30.0, description="how long SIGTERM lets running tasks finish")
    stall_limit: Seconds = Field(
        default=300.0, description="how long ffmpeg may make no progress before it is ended, which is a strike"
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
    max_duration: Seconds = Field(default=6 * 3600.0, description="the longest source that is taken")
    max_size: Annotated[int, Field(gt=0)] = Field(
        default=64 * 1024**3, description="the largest source that is taken, in bytes"
    )
    max_side: Annotated[int, Field(ge=16, le=16384)] = Field(
        default=8192, description="the longest side of a source's picture, in pixels"
    )
    max_streams: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=64, description="the most streams that a source may have"
    )
    accept_salvaged: bool = Field(
        default=True, description="whether what could be read of a damaged source is a rendition, marked `salvaged`"
    )
    minimum_readable: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.5, description="the part of a damaged source that must be readable, else it is rejected"
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
        """Where the private folders of attempts are made."""
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
        """Options, then the environment, then the file that the options name."""
        options = dict(init_settings())
        config = options.pop("config", None) or variables().get(_CONFIG) or None
        return (
            InitSettingsSource(settings_cls, init_kwargs=options),
            env_settings,
            InitSettingsSource(settings_cls, init_kwargs=_read_file(Path(config)) if config else {}),
        )


_SECRETS = frozenset(name for name, field in Settings.model_fields.items() if field.annotation == SecretStr | None)


def load_settings(config: Path | None = None, **options: object) -> Settings:
    """The settings of this process; options that are None were not given.

    Raises:
        WrongUse: one sentence that names the setting and what it must be, and quotes the value; no secret is in it.
    """
    given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    if config is not None:
        given["config"] = str(config)
    try:
        return Settings(**given)
    except ValidationError as error:
        raise WrongUse(_sentence(error)) from None


def doubts(settings: Settings) -> Iterator[str]:
    """A sentence for each variable that has no effect though somebody may count on it; no value is in it.

    It is no error: a Kubernetes service of our name brings variables that begin like ours.
    """
    given = {name: value for name, value in variables().items() if name.upper().startswith(PREFIX)}
    known = [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]
    links = _service_links(given)
    for name in sorted(given):
        if name.upper() not in known and name != _CONFIG and not f"{name}_".startswith((_TESTS, *links)):
            yield f"There is no setting {name}: {_advice(name, known=[*known, _CONFIG])}"
    # As an empty secret has it.
    empty = {name.upper() for name, value in given.items() if not value}
    if f"{PREFIX}DATABASE_URL" in empty and settings.database_url is None:
        yield f"{PREFIX}DATABASE_URL is empty, which is as if it were not set: an embedded PostgreSQL is used."
    if f"{PREFIX}STORE_URL" in empty and settings.store_url is None:
        yield f"{PREFIX}STORE_URL is empty, which is as if it were not set: a directory in the home is used."


def _service_links(given: Iterable[str]) -> tuple[str, ...]:
    """How the variables begin that Kubernetes gives a pod for the service `mediaproc` and those named `mediaproc-…`."""
    ours = PREFIX.removesuffix("_")
    host = "_SERVICE_HOST"
    services = {ours, *(name.removesuffix(host) for name in given if name.endswith(host))}
    return tuple(f"{service}_{kind}" for service in services for kind in ("PORT_", "SERVICE_"))


def _advice(name: str, *, known: Sequence[str]) -> str:
    # Compared without the prefix, which would make all of them alike.
    endings = [each.removeprefix(PREFIX) for each in known]
    near = get_close_matches(name.upper().removeprefix(PREFIX), endings, n=1)
    return f"did you mean {PREFIX}{near[0]}?" if near else "see the table of settings in the README."


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return parse_toml(read_small_file(path))
    except FileNotFoundError:
        raise WrongUse(f"The settings file {path} is not there: correct --config or MEDIAPROC_CONFIG.") from None
    except OSError as error:
        raise WrongUse(f"The settings file {path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise WrongUse(f"The settings file {path} {error}.") from None


# Of pydantic's complaints, those that speak of parsing and of Python's types.
_IN_OUR_WORDS = {
    "int_parsing": "it must be a whole number",
    "int_type": "it must be a whole number",
    "int_from_float": "it must be a whole number",
    "float_parsing": "it must be a number",
    "float_type": "it must be a number",
    "bool_parsing": "it must be yes or no",
    "bool_type": "it must be yes or no",
    "string_type": "it must be text, in quotes",
    "path_type": "it must be a path, in quotes",
}


# A URL with a user, whose password was meant for another setting.
_CREDENTIALS = re.compile(r"://.*@", re.DOTALL)


def _sentence(error: ValidationError) -> str:
    """The first complaint as a sentence that quotes the value, but for one that is or may be a secret."""
    first = error.errors(include_url=False)[0]
    message = _IN_OUR_WORDS.get(first["type"]) or first["msg"].removeprefix("Value error, ").rstrip(".")
    message = message.replace("Input should", "it must", 1)
    if not first["loc"]:
        return f"{message[:1].upper()}{message[1:]}."
    name = str(first["loc"][0])
    if first["type"] == "extra_forbidden":
        return f"There is no setting {name!r}: see the table of settings in the README."
    is_secret = name in _SECRETS or _CREDENTIALS.search(str(first["input"]))
    value = "what it was set to" if is_secret else quoted(first["input"])
    if is_secret and first["type"] == "value_error":
        # A parser's own sentence repeats the value.
        message = "it must be of another form"
    return f"{PREFIX}{name.upper()} cannot be {value}: {message[:1].lower()}{message[1:]}."
