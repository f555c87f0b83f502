"""Writes drafts by pyJianYingDraft: its calls in fewer words."""

import importlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.drafts.materials import MaterialFolder

SECOND = 1_000_000

# The library has no types.
Library = Any
Segment = Any
Track = Any
# What the library takes by name.
Settings = dict[str, Any]


class DraftWriter:
    """One draft that is being written."""

    def __init__(self, *, width: int, height: int, rate: int, materials: MaterialFolder) -> None:
        self.d: Library = importlib.import_module("pyJianYingDraft")
        self.names: list[str] = []
        self.faces: dict[str, str] = {}
        self._materials = materials
        self._script = self.d.ScriptFile(width, height, rate, True)  # noqa: FBT003 - the library's own order
        self._tracks = 0

    def track(self, kind: str = "video", *, mute: bool = False) -> Track:
        self._tracks += 1
        spec = self.d.TrackSpec(self.d.TrackType[kind], f"track {self._tracks}", mute=mute)
        return self._script.append_track(spec)

    def clip(  # noqa: PLR0913 - what one segment can have
        self,
        name: str,
        start: float,
        duration: float,
        *,
        source: float | None = None,
        speed: float | None = None,
        volume: float = 1.0,
        change_pitch: bool = False,
        crop: dict[str, float] | None = None,
        kind: str = "",
        **settings: Any,  # noqa: ANN401 - of the library's ClipSettings
    ) -> Segment:
        """A segment of a film or still, `duration` long on the timeline; `source` is where it begins in the film."""
        crops = {"crop_settings": self.d.CropSettings(**crop)} if crop else {}
        material = self.d.VideoMaterial(self._path(name), **crops)
        if kind:
            material.material_type = kind
        return self.d.VideoSegment(
            material,
            _range(self.d, start, duration),
            source_timerange=_source(self.d, source, duration, speed),
            volume=volume,
            change_pitch=change_pitch,
            clip_settings=self.d.ClipSettings(**settings),
        )

    def sound(
        self,
        name: str,
        start: float,
        duration: float,
        *,
        source: float | None = None,
        speed: float | None = None,
        **more: Any,  # noqa: ANN401 - of the library's AudioSegment
    ) -> Segment:
        material = self.d.AudioMaterial(self._path(name))
        taken = _source(self.d, source, duration, speed)
        return self.d.AudioSegment(material, _range(self.d, start, duration), source_timerange=taken, **more)

    def text(self, words: str, start: float, duration: float, *, face: str, **more: Any) -> Segment:  # noqa: ANN401
        """Words in a face that lies in the draft's folder."""
        style = {key: more.pop(key) for key in list(more) if key in {"size", "color", "align", "bold", "line_spacing"}}
        settings = self.d.ClipSettings(**more)
        segment = self.d.TextSegment(
            words, _range(self.d, start, duration), style=self.d.TextStyle(**style), clip_settings=settings
        )
        self.faces[segment.material_id] = face
        return segment

    def put(self, track: Track, *segments: Segment) -> None:
        for segment in segments:
            self._script.add_segment(segment, track)

    def keyframes(self, segment: Segment, kind: str, *points: tuple[float, float]) -> Segment:
        """Values at seconds from the segment's beginning."""
        for seconds, value in points:
            segment.add_keyframe(self.d.KeyframeProperty[kind], round(seconds * SECOND), value)
        return segment

    def document(self) -> dict[str, Any]:
        """The draft as the library writes it, with the faces that it has no way to name."""
        document: dict[str, Any] = json.loads(self._script.dumps())
        for text in document["materials"]["texts"]:
            face = self.faces.get(text["id"])
            if face:
                content = json.loads(text["content"])
                for style in content["styles"]:
                    style["font"] = {"id": "", "path": f"/home/author/faces/{Path(face).name}"}
                text["content"] = json.dumps(content, ensure_ascii=False)
        return document

    def _path(self, name: str) -> str:
        if name not in self.names:
            self.names.append(name)
        return str(self._materials.path(name))


def _range(library: Library, start: float, duration: float) -> Any:  # noqa: ANN401
    return library.Timerange(round(start * SECOND), round(duration * SECOND))


def _source(library: Library, source: float | None, duration: float, speed: float | None) -> Any:  # noqa: ANN401
    return _range(library, source or 0.0, duration * (speed or 1.0))


@dataclass(frozen=True, kw_only=True)
class Written:
    """One draft: its canvas, and what is written into it."""

    name: str
    features: str
    width: int = 320
    height: int = 180
    rate: int = 30
    write: Callable[[DraftWriter], None]

    def into(self, folder: Path, *, materials: MaterialFolder) -> dict[str, Any]:
        """Write the draft's folder with its materials; the document."""
        draft = DraftWriter(width=self.width, height=self.height, rate=self.rate, materials=materials)
        self.write(draft)
        document = draft.document()
        materials.copy(draft.names, into=folder / "assets")
        for face in set(draft.faces.values()):
            shutil.copy(face, folder / "assets" / Path(face).name)
        content = json.dumps(document, ensure_ascii=False)
        (folder / "draft_content.json").write_text(content, encoding="utf-8")
        return document


def named(drafts: Sequence[Written], name: str) -> Written:
    return next(draft for draft in drafts if draft.name == name)
