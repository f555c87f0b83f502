"""Settings as environment variables, for a child that shall have the same ones."""

from mediaproc.config.precedence import IN_FILES, PREFIX
from mediaproc.config.settings import Settings


def as_variables(settings: Settings) -> dict[str, str]:
    """Every setting that was given, wherever, as the variable that gives it to another process.

    A URL that was read from a file is given as that file.
    """
    given = {name: getattr(settings, name) for name in sorted(settings.model_fields_set)}
    for secret, file in IN_FILES.items():
        if given.get(file) is not None:
            del given[secret]
        elif given.get(secret) is not None:
            given[secret] = given[secret].get_secret_value()
    return {f"{PREFIX}{name.upper()}": _text(value) for name, value in given.items() if value is not None}


def _text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
