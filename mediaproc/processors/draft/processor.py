"""Reads a draft's bundle, names the files that its room needs, and has its timeline planned."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from mediaproc.core.captions import Captions
from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.limits import Limits
from mediaproc.core.notes import Note, Notes
from mediaproc.core.plan import Plan
from mediaproc.core.profile import Profile
from mediaproc.core.render.rendering import make_rendering
from mediaproc.core.render.room_file import RoomFile
from mediaproc.core.safe_text import quoted
from mediaproc.core.source_type import DRAFT
from mediaproc.core.timeline import FrameGrid, Material, Timeline
from mediaproc.draft_bundle import DraftBundle, open_bundle, read_bundled_draft
from mediaproc.faces import choose_draft_faces, write_face
from mediaproc.processors.draft.room_names import by_name_in_draft, material_names, table_names
from mediaproc.processors.interface import Facts, InputFile, Inputs

# Bytes of a lookup table: the largest that ffmpeg takes has 256 steps on each side, the usual ones 33.
_MOST_OF_A_TABLE = 32 * 1024**2


@dataclass(frozen=True, kw_only=True)
class _Read:
    """What was read of a bundle: all that the plan needs but the facts about the materials."""

    timeline: Timeline
    captions: Captions
    notes: tuple[Note, ...]
    # The names in the room.
    materials: Mapping[Material, str]
    tables: Mapping[str, str]


class DraftProcessor:
    """Draws drafts; their materials, lookup tables and faces are the inputs."""

    name = "draft"

    def accepts(self, mime_type: str, profile: Profile) -> bool:
        """Drafts."""
        return profile.processor == self.name and mime_type == DRAFT.mime_type

    @contextmanager
    def inputs(self, source: Path, *, profile: Profile, limits: Limits) -> Iterator[Inputs]:  # noqa: ARG002 - a bundle has limits of its own
        """The files of the bundle that the draft needs, and copies of the faces that its texts are drawn in.

        Raises:
            BadSource: there is no draft in it that can be drawn.
        """
        with open_bundle(source) as bundle:
            draft = read_bundled_draft(bundle, accept_missing=profile.accept_missing)
            timeline, notes = draft.timeline, Notes()
            read = partial(_read, bundle)
            captions = choose_draft_faces(timeline, other_files=draft.other_files, read=read, notes=notes)
            materials = material_names(draft.materials)
            tables = table_names(timeline, files=draft.other_files)
            faces = (
                InputFile(
                    name=face.name, size=face.source.size, is_media=False, write=partial(write_face, face, read=read)
                )
                for face in captions.faces
            )
            yield Inputs(
                files=(*_materials(materials, bundle=bundle), *_tables(tables, bundle=bundle), *faces),
                reading=_Read(
                    timeline=timeline,
                    captions=captions,
                    notes=(*draft.notes, *_all(notes, timeline=timeline)),
                    materials=by_name_in_draft(materials, files=draft.materials),
                    tables=by_name_in_draft(tables, files=draft.other_files),
                ),
            )

    def plan(self, facts: Facts, *, profile: Profile, threads: int, limits: Limits) -> Plan:
        """The steps that draw the timeline, and the notes on what will look otherwise.

        Raises:
            BadSource: it is more than the site takes.
        """
        draft, notes = facts.reading, Notes()
        if not isinstance(draft, _Read):
            raise TypeError("a draft is planned from what was read of its bundle")
        plan = make_rendering(
            draft.timeline,
            files={
                material: RoomFile(name=name, probe=facts.inputs[name]) for material, name in draft.materials.items()
            },
            tables=draft.tables,
            captions=draft.captions,
            profile=profile,
            threads=threads,
            limits=limits,
            notes=notes,
        )
        return replace(plan, notes=(*draft.notes, *_all(notes, timeline=draft.timeline)))


def _materials(names: Mapping[str, str], *, bundle: DraftBundle) -> Iterator[InputFile]:
    for file, name in names.items():
        told_as = file.rpartition("/")[2]
        yield InputFile(name=name, size=bundle.size(file), write=partial(bundle.extract, file), told_as=told_as)


def _tables(names: Mapping[str, str], *, bundle: DraftBundle) -> Iterator[InputFile]:
    for file, name in names.items():
        if bundle.size(file) > _MOST_OF_A_TABLE:
            raise BadSource(
                f"The draft's lookup table {quoted(file)} has more than {_MOST_OF_A_TABLE // 1024**2} MB: take a"
                " smaller one.",
                error_class=ErrorClass.TOO_LARGE,
            )
        yield InputFile(name=name, size=bundle.size(file), write=partial(bundle.extract, file), is_media=False)


def _read(bundle: DraftBundle, name: str, limit: int) -> bytes:
    return bundle.read(name, limit=limit)


def _all(notes: Notes, *, timeline: Timeline) -> tuple[Note, ...]:
    return notes.all(duration=FrameGrid(rate=timeline.rate).microseconds(timeline.frames))
