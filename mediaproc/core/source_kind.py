"""Which sources a profile takes: films, or an editor's drafts; and what is made of each where nothing is asked."""

from collections.abc import Mapping, Sequence

from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.profile import DRAFT_FETCH, Profile
from mediaproc.core.source_type import DRAFT

# How each file in a zip begins, and so the zip.
_ZIP = b"PK\x03\x04"

# Of each kind the profile that is taken where none is named.
FILM_PROFILE, DRAFT_PROFILE = "mp4", "draft"

# The processors whose sources are known here; a plug-in's own says for itself what it accepts.
_OF_FILMS, _OF_DRAFTS = "transcoding", "draft"


def is_zip(head: bytes) -> bool:
    """Whether a file that begins so is a zip: of all that is taken, only drafts are."""
    return head.startswith(_ZIP)


def is_draft(mime_type: str) -> bool:
    """Whether a stored file is a draft."""
    return mime_type == DRAFT.mime_type


def default_profiles(*, of_draft: bool) -> Sequence[str]:
    """What is made of a source where nobody says it."""
    return (DRAFT_PROFILE if of_draft else FILM_PROFILE,)


def misfits_by_kind(wanted: Mapping[str, Profile], *, of_draft: bool) -> Mapping[str, BadSource]:
    """Why each profile that is meant for the other kind of source refuses this one."""
    wrong = _OF_FILMS if of_draft else _OF_DRAFTS
    sentence = (
        f"It is a draft of JianYing or CapCut and no film: take the profile {DRAFT_PROFILE}."
        if of_draft
        else f"It is no draft of JianYing or CapCut: take a profile of films, such as {FILM_PROFILE}."
    )
    misfits = {
        name: BadSource(sentence, error_class=ErrorClass.UNREADABLE)
        for name, profile in wanted.items()
        if profile.processor == wrong
    }
    no_file = {
        name: BadSource(
            f"The profile {name} takes no file, but the URL of a draft: give it as --draft-url.",
            error_class=ErrorClass.UNREADABLE,
        )
        for name, profile in wanted.items()
        if profile.processor == DRAFT_FETCH
    }
    return misfits | no_file


def is_planned_at_once(profile: Profile) -> bool:
    """Whether the probe of a source alone tells what the profile makes of it."""
    return profile.processor == _OF_FILMS
