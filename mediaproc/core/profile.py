"""Profiles: the named recipes for renditions, as data."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mediaproc.core.errors import WrongUse
from mediaproc.core.expectation import Medium


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A recipe."""

    name: str
    # Which plan is made, in `core/plan/planner.py`.
    medium: Medium
    extension: str
    mime_type: str
    # x264's preset, and its constant rate factor.
    encoder_speed: str = "veryfast"
    crf: int = 23
    # The most pixels of the shorter side, so that upright films keep their size.
    max_height: int = 1080
    # The most pictures a second of a film.
    max_frame_rate: int = 60
    # Bits a second.
    max_video_bit_rate: int = 10_000_000
    audio_bit_rate: int = 128_000
    # Pictures a second of an animation, and the most seconds of one.
    frame_rate: int = 12
    max_seconds: float = 10.0
    # What lies under a transparent picture and beside one that is too narrow.
    background: str = "black"
    # The processor that plans it (entry point group `mediaproc.processors`).
    processor: str = "transcoding"
    # Whether a draft is drawn without the materials that did not come with it; each is told.
    accept_missing: bool = False


# What a profile names as its processor where its tasks are no plan for ffmpeg: each is an attempt of its own kind.
DRAFT_FETCH = "draft-fetch"
OTHERS = frozenset({DRAFT_FETCH})

# A new profile of a known medium is one more of these.
_PROFILES = (
    Profile(name="mp4", medium=Medium.VIDEO, extension="mp4", mime_type="video/mp4"),
    Profile(
        name="mp4-quality",
        medium=Medium.VIDEO,
        extension="mp4",
        mime_type="video/mp4",
        encoder_speed="medium",
        crf=20,
        max_height=2160,
        max_video_bit_rate=40_000_000,
        audio_bit_rate=192_000,
    ),
    Profile(name="mp3", medium=Medium.AUDIO, extension="mp3", mime_type="audio/mpeg", audio_bit_rate=192_000),
    Profile(name="gif", medium=Medium.ANIMATION, extension="gif", mime_type="image/gif", max_height=360),
    Profile(
        name="draft",
        medium=Medium.VIDEO,
        extension="mp4",
        mime_type="video/mp4",
        crf=20,
        max_height=7680,
        max_frame_rate=120,
        max_video_bit_rate=40_000_000,
        audio_bit_rate=192_000,
        processor="draft",
    ),
    Profile(name="poster", medium=Medium.IMAGE, extension="jpg", mime_type="image/jpeg", max_height=720),
    # Its rendition is a list of what came; the draft itself becomes a file with a task of its own.
    Profile(
        name="draft-fetch",
        medium=Medium.VIDEO,
        extension="json",
        mime_type="application/json",
        processor=DRAFT_FETCH,
    ),
)

BUILT_IN: Mapping[str, Profile] = MappingProxyType({profile.name: profile for profile in _PROFILES})


# A part of object keys, which do not end in a dash.
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")


def is_profile_name(name: str) -> bool:
    """Whether a profile may be called so."""
    return _NAME.fullmatch(name) is not None


def profile_names(given: Iterable[str]) -> list[str]:
    """The profiles that texts such as `mp4,poster` name, each once; an empty text names none."""
    return list(dict.fromkeys(name.strip() for names in given if names.strip() for name in names.split(",")))


def profile_named(name: str, *, extra: Mapping[str, Profile] = MappingProxyType({})) -> Profile:
    """The profile of that name, a site's own before a built-in one; raises WrongUse naming the known ones."""
    # One lookup each: to list all of them may have to load what brings some.
    profile = extra.get(name) or BUILT_IN.get(name)
    if profile is None:
        known = sorted({*BUILT_IN, *extra})
        raise WrongUse(f"There is no profile {name[:64]!r}; known profiles are {', '.join(known)}.")
    return profile
