"""A draft on its way in: a folder is packed into one file, and a bundle is read as an attempt will read it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from mediaproc.core.errors import AttemptFailed, BadSource, ErrorClass, PartMissing, Unavailable
from mediaproc.core.profile import Profile
from mediaproc.core.timeline import Timeline
from mediaproc.draft_bundle import folder_size, is_draft_folder, open_bundle, pack_folder, read_bundled_draft
from mediaproc.enqueue.safe_open import opened_beneath
from mediaproc.scratch import Scratch


@contextmanager
def packed(path: Path, *, within: Path | None, scratch_root: Path | None) -> Iterator[Path]:
    """The path itself, or for a draft's folder the one file that it is packed into, until the block ends.

    No link is followed in the draft's folder, nor below the folder `within`.

    Raises:
        BadSource: the folder cannot be packed.
        Unavailable, PartMissing: there is no room on the scratch disk.
    """
    if not is_draft_folder(path):
        yield path
        return
    if scratch_root is None:
        raise PartMissing("A draft's folder is packed on the scratch disk: set MEDIAPROC_SCRATCH.")
    scratch = Scratch(scratch_root, executor_id=uuid4())
    try:
        _require_room(scratch, folder=path)
        yield _packed(path, within=within, target=scratch.folder / "draft.zip")
    finally:
        scratch.close()


def _require_room(scratch: Scratch, *, folder: Path) -> None:
    try:
        scratch.require_room(folder_size(folder))
    except AttemptFailed as error:
        raise Unavailable(str(error), error_class=ErrorClass.DISK_FULL) from error


def _packed(path: Path, *, within: Path | None, target: Path) -> Path:
    known, inner = (path, Path()) if within is None else (within, path.relative_to(within))
    try:
        pack_folder(path, target, opened=lambda name: opened_beneath(known, name=inner / name))
    except OSError as error:
        raise BadSource(
            f"The draft's folder cannot be read ({error.strerror}).", error_class=ErrorClass.UNREADABLE
        ) from error
    return target


@dataclass(frozen=True, kw_only=True)
class DraftExamination:
    """What a draft draws as its first profile that takes it would have it; the refusals by profile."""

    timeline: Timeline
    misfits: Mapping[str, BadSource]


def examine_draft(path: Path, *, wanted: Mapping[str, Profile]) -> DraftExamination:
    """Reads a bundle as each profile would.

    Raises:
        BadSource: none of the profiles can draw it.
    """
    timelines: list[Timeline] = []
    misfits: dict[str, BadSource] = {}
    with open_bundle(path) as bundle:
        for name, profile in wanted.items():
            try:
                timelines.append(read_bundled_draft(bundle, accept_missing=profile.accept_missing).timeline)
            except BadSource as error:
                misfits[name] = error
    if not timelines:
        raise next(reversed(misfits.values()))
    return DraftExamination(timeline=timelines[0], misfits=misfits)
