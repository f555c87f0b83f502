"""A bundle's draft, read: which of its files is the timeline, what that says, and which file each material is."""

from mediaproc.core.draft import DraftLimits, TimelineFile, read_draft
from mediaproc.core.draft.bundle_names import LAYOUT_NAME, PROJECT_NAME, timeline_names
from mediaproc.core.draft.supplies import SuppliedDraft, supply
from mediaproc.draft_bundle.bundle import DraftBundle

# Bytes of the small files that say which timeline is active.
_MOST_OF_A_LAYOUT = 1024 * 1024


def read_bundled_draft(
    bundle: DraftBundle, *, limits: DraftLimits | None = None, accept_missing: bool = False
) -> SuppliedDraft:
    """The draft of a bundle.

    Raises:
        BadSource: it cannot be read or drawn; the sentence is for its uploader.
    """
    limits = limits or DraftLimits()
    chosen = timeline_names(bundle.names, layout=_small(bundle, LAYOUT_NAME), project=_small(bundle, PROJECT_NAME))
    files = [TimelineFile(name=name, content=bundle.read(name, limit=limits.max_bytes)) for name in chosen]
    return supply(read_draft(files, limits=limits), names=bundle.names, accept_missing=accept_missing)


def _small(bundle: DraftBundle, relative: str) -> bytes:
    name = bundle.names.written(relative)
    return b"" if name is None else bundle.read(name, limit=_MOST_OF_A_LAYOUT)
