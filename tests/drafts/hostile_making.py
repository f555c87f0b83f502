"""Makes drafts that try to do harm, each from one that is fine."""

import json
import shutil
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.core.draft.drafts import SECOND, Json, clip, draft, segment, track, video, words
from tests.drafts.materials import MaterialFolder


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a hostile draft may reach for: files outside of it, and a server on this machine."""

    materials: MaterialFolder
    # A film that is no part of any draft, and a file of words.
    film: Path
    secret: Path
    url: str

    def bytes_of(self, name: str) -> bytes:
        return self.materials.path(name).read_bytes()


Files = dict[str, bytes]
Maker = Callable[[Path, Surroundings], Path]


@dataclass(frozen=True, kw_only=True)
class Hostile:
    """One draft; a harmless one is drawn, and what is hostile in it does nothing."""

    name: str
    make: Maker
    is_harmless: bool = False


# What harmless ones show, besides their words at the bottom.
CANVAS = (160, 90)
FRAMES = 10
_FORM: Json = {
    "canvas_config": {"width": CANVAS[0], "height": CANVAS[1], "ratio": "original"},
    "duration": SECOND // 3,
}


def base(*tracks: Json, materials: Json | None = None, **more: object) -> Json:
    """A draft that is fine: a third of a second of the film a.mp4."""
    lists = {"videos": [film()], "audios": []} | (materials or {})
    return draft(
        track("video", segment("s", "film", 0, 1 / 3, source_timerange={"start": 0, "duration": SECOND // 3})),
        *tracks,
        materials=lists,
        **(_FORM | more),
    )


def film(**more: object) -> Json:
    return video("film", **{"path": "/home/author/a.mp4", "width": 320, "height": 180, "duration": 8 * SECOND, **more})


def as_folder(document: Json | bytes, files: Files | None = None, *, has_film: bool = True) -> Maker:
    """A draft's folder with this timeline, its film and further files."""

    def make(target: Path, around: Surroundings) -> Path:
        target.mkdir()
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        (target / "draft_content.json").write_bytes(content.replace(b"@URL@", around.url.encode()))
        if has_film:
            shutil.copy(around.materials.path("a.mp4"), target / "a.mp4")
        for name, written in (files or {}).items():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            filled = written.replace(b"@URL@", around.url.encode()).replace(b"@FILM@", str(around.film).encode())
            (target / name).write_bytes(filled.replace(b"@SECRET@", str(around.secret).encode()))
        return target

    return make


def with_fields(**more: object) -> Maker:
    return as_folder(base() | more)


def with_clip(**more: object) -> Maker:
    document = base()
    document["tracks"][0]["segments"][0].update(more)
    return as_folder(document)


def with_material(path: str, files: Files | None = None, **more: object) -> Maker:
    """The draft shows a material of this path; what lies in the bundle is in `files`."""
    return as_folder(base(materials={"videos": [film(path=path, **more)]}), files, has_film=False)


def with_file_outside(kind: str) -> Maker:
    """The draft names a file that is really there, but not in its bundle."""

    def make(target: Path, around: Surroundings) -> Path:
        outside = {"absolute": str(around.film), "url": f"file://{around.film}", "up": f"../{around.film.name}"}
        return with_material(outside[kind])(target, around)

    return make


def with_words(text: str, *styles: Json, **more: object) -> Maker:
    """Words at the bottom of the picture."""
    shown = segment("t", "w", 0, 1 / 3, clip=clip(transform={"x": 0.0, "y": -0.8}))
    style = {"size": 6, "range": [0, len(text)]}
    written = words("w", text, styles or [style], **more)
    return as_folder(base(track("text", shown), materials={"texts": [written]}))


def with_entry(list_name: str, *refs: str, **entry: object) -> Maker:
    """The clip refers to this entry of a list of materials."""
    document = base(materials={list_name: [{"id": "x", **entry}]})
    document["tracks"][0]["segments"][0]["extra_material_refs"] = ["x", *refs]
    return as_folder(document)


def with_name(name: str) -> Maker:
    def make(target: Path, around: Surroundings) -> Path:
        return with_material(f"/home/author/{name}", {name: around.bytes_of("a.mp4")})(target, around)

    return make


def with_link(target: Path, around: Surroundings) -> Path:
    with_material("/home/author/linked.mp4")(target, around)
    (target / "linked.mp4").symlink_to(around.film)
    return target


def with_twins(target: Path, around: Surroundings) -> Path:
    content = around.bytes_of("a.mp4")
    return as_folder(base(), {"one/a.mp4": content, "two/a.mp4": content}, has_film=False)(target, around)


def of_many_layers(target: Path, around: Surroundings) -> Path:
    """Two hundred films of an hour over each other, in 4K."""
    full = {"source_timerange": {"start": 0, "duration": 3600 * SECOND}}
    tracks = [track("video", segment(f"s{n}", "film", 0, 3600, **full)) for n in range(199)]
    canvas: Json = {"canvas_config": {"width": 3840, "height": 2160}, "duration": 3600 * SECOND}
    return as_folder(base(*tracks, materials={"videos": [film(duration=3600 * SECOND)]}, **canvas))(target, around)


def within_itself() -> Json:
    inner = base()
    inner["id"] = "outer"
    lists = {"drafts": [{"id": "c", "type": "combination", "draft": inner}]}
    document = base(materials=lists)
    document["id"] = "outer"
    document["tracks"][0]["segments"][0]["extra_material_refs"] = ["c"]
    return document


def of_stickers() -> Json:
    lists = {"stickers": [{"id": "x", "type": "sticker", "name": "star", "resource_id": "1"}]}
    document = base(materials=lists)
    document["tracks"] = [track("sticker", segment("s", "x", 0, 1, clip=clip()))]
    return document


def as_zip(change: Callable[[Path], Path]) -> Maker:
    """A good draft's zip that is changed afterwards."""

    def make(target: Path, around: Surroundings) -> Path:
        path = target.with_suffix(".zip")
        files = {"draft_content.json": json.dumps(base()).encode(), "a.mp4": around.bytes_of("a.mp4")}
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return change(path)

    return make


def short(name: str) -> str:
    """A name for its folder."""
    plain = unicodedata.normalize("NFKD", name)
    return "-".join("".join(letter if letter.isalnum() else " " for letter in plain).split())
