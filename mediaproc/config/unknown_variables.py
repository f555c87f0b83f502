"""Variables that look like settings and have no effect."""

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches

from mediaproc.config.precedence import CONFIG, IN_FILES, PREFIX
from mediaproc.config.settings import Settings
from mediaproc.environment import variables

# Variables of the tests, which are no settings.
_TESTS = f"{PREFIX}TEST_"
# What the clients in examples/ are given.
_OF_CLIENTS = frozenset({f"{PREFIX}URL", f"{PREFIX}TOKEN"})


def variable_warnings(settings: Settings) -> Iterator[str]:
    """A sentence for each variable that looks like a setting and has no effect; it never repeats the value.

    Such a variable is no error: Kubernetes gives a pod variables with our prefix for a service named `mediaproc`.
    """
    given = {name: value for name, value in variables().items() if name.upper().startswith(PREFIX)}
    known = [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]
    silent = {*known, *_OF_CLIENTS}
    links = _service_links(given)
    for name in sorted(given):
        if name.upper() not in silent and name != CONFIG and not f"{name}_".startswith((_TESTS, *links)):
            yield f"There is no setting {name}: {_advice(name, known=[*known, CONFIG])}"
    # A secret that is empty counts as not set.
    empty = {name.upper() for name, value in given.items() if not value}
    instead = {"database_url": "an embedded PostgreSQL", "store_url": "a directory in the home"}
    for secret, file in IN_FILES.items():
        if getattr(settings, secret) is None:
            for name in sorted(empty & {f"{PREFIX}{secret.upper()}", f"{PREFIX}{file.upper()}"}):
                yield f"{name} is empty, which is as if it were not set: {instead[secret]} is used."


def _service_links(given: Iterable[str]) -> tuple[str, ...]:
    """The prefixes of the variables that Kubernetes makes for the services `mediaproc` and `mediaproc-…`."""
    ours = PREFIX.removesuffix("_")
    host = "_SERVICE_HOST"
    services = {ours, *(name.removesuffix(host) for name in given if name.endswith(host))}
    return tuple(f"{service}_{kind}" for service in services for kind in ("PORT_", "SERVICE_"))


def _advice(name: str, *, known: Sequence[str]) -> str:
    # Compared without the common prefix, which would make all names similar.
    endings = [each.removeprefix(PREFIX) for each in known]
    near = get_close_matches(name.upper().removeprefix(PREFIX), endings, n=1)
    return f"did you mean {PREFIX}{near[0]}?" if near else "see the table of settings in the README."
