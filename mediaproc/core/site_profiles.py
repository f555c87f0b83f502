"""A site's own profiles, read from the text of a TOML file; each is a built-in one with some values changed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from mediaproc.core.errors import WrongUse
from mediaproc.core.profile import BUILT_IN, OTHERS, Profile, is_profile_name
from mediaproc.core.toml import parse_toml

SPEEDS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow")


@dataclass(frozen=True, kw_only=True)
class _NumberRange:
    """The values that a number of a profile may have, both ends included."""

    least: int
    most: int


# Rates in bits a second, sides in pixels, lengths in seconds. crf 0 is lossless, which no browser plays.
NUMBERS: Mapping[str, _NumberRange] = {
    "crf": _NumberRange(least=1, most=51),
    "max_height": _NumberRange(least=16, most=4320),
    "max_frame_rate": _NumberRange(least=1, most=240),
    "max_video_bit_rate": _NumberRange(least=50_000, most=200_000_000),
    "audio_bit_rate": _NumberRange(least=16_000, most=384_000),
    "frame_rate": _NumberRange(least=1, most=60),
    "max_seconds": _NumberRange(least=1, most=60),
}
_SWITCHES = ("accept_missing",)
_KEYS = ("base", "encoder_speed", "background", *_SWITCHES, *NUMBERS)

# A colour as pages write it.
_COLOUR = re.compile(r"black|white|#[0-9a-fA-F]{6}")


def parse_profiles(text: str) -> Mapping[str, Profile]:
    """The profiles of a file that holds tables such as ``[profile.mp4-small]`` with a `base` and what differs.

    Raises WrongUse that names the profile, the key and what it may be.
    """
    try:
        document = parse_toml(text)
    except ValueError as error:
        raise WrongUse(f"The file of profiles {error}.") from None
    stray = sorted(set(document) - {"profile"})
    if stray:
        raise WrongUse(f"The file of profiles holds {stray[0]!r}; only tables named [profile.NAME] are known.")
    tables = document.get("profile", {})
    if not isinstance(tables, dict):
        raise WrongUse("The file of profiles must hold tables named [profile.NAME].")
    return {name: _profile(name, table) for name, table in tables.items()}


def _profile(name: str, table: object) -> Profile:
    if not is_profile_name(name):
        raise WrongUse(f"The profile {name[:64]!r} needs another name: up to 32 of a-z, 0-9 and, between them, '-'.")
    if name in BUILT_IN:
        raise WrongUse(f"The profile {name!r} is built in; give yours another name.")
    if not isinstance(table, dict):
        raise WrongUse(f"The profile {name!r} must be a table named [profile.{name}].")
    unknown = sorted(set(table) - set(_KEYS))
    if unknown:
        raise WrongUse(f"The profile {name!r} has an unknown key {unknown[0]!r}; known are {', '.join(_KEYS)}.")
    base = table.get("base")
    bases = sorted(each for each, profile in BUILT_IN.items() if profile.processor not in OTHERS)
    if not isinstance(base, str) or base not in bases:
        raise WrongUse(f"The profile {name!r} needs a base, one of {', '.join(bases)}.")
    changes = {key: _value(name, key=key, value=value) for key, value in table.items() if key != "base"}
    return replace(BUILT_IN[base], name=name, **changes)  # type: ignore[arg-type]  # `_value` has checked each


def _value(name: str, *, key: str, value: object) -> int | str | bool:
    if key in _SWITCHES:
        if not isinstance(value, bool):
            raise WrongUse(f"The profile {name!r} has {key} {value!r}; it is true or false.")
        return value
    if key == "encoder_speed":
        if not isinstance(value, str) or value not in SPEEDS:
            raise WrongUse(f"The profile {name!r} has encoder_speed {value!r}; it is one of {', '.join(SPEEDS)}.")
        return value
    if key == "background":
        if not isinstance(value, str) or not _COLOUR.fullmatch(value):
            raise WrongUse(f"The profile {name!r} has background {value!r}; it is black, white or such as '#20c0ff'.")
        return value
    allowed = NUMBERS[key]
    if isinstance(value, bool) or not isinstance(value, int) or not allowed.least <= value <= allowed.most:
        raise WrongUse(
            f"The profile {name!r} has {key} {value!r}; it is a whole number {allowed.least} to {allowed.most}."
        )
    return value
