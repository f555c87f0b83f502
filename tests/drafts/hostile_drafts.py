"""Drafts that try to do harm: by their zip, their numbers, their materials, and by words that look like commands."""

import json
import shutil
import unicodedata
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.core.draft.drafts import SECOND, Json, clip, draft, segment, track, video, words
from tests.drafts import hostile_zips
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


def _folder(document: Json | bytes, files: Files | None = None, *, has_film: bool = True) -> Maker:
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


def _changed(**more: object) -> Maker:
    return _folder(base() | more)


def _clip(**more: object) -> Maker:
    document = base()
    document["tracks"][0]["segments"][0].update(more)
    return _folder(document)


def _material(path: str, files: Files | None = None, **more: object) -> Maker:
    """The draft shows a material of this path; what lies in the bundle is in `files`."""
    return _folder(base(materials={"videos": [film(path=path, **more)]}), files, has_film=False)


def _outside(kind: str) -> Maker:
    """The draft names a file that is really there, but not in its bundle."""

    def make(target: Path, around: Surroundings) -> Path:
        outside = {"absolute": str(around.film), "url": f"file://{around.film}", "up": f"../{around.film.name}"}
        return _material(outside[kind])(target, around)

    return make


def _text(text: str, *styles: Json, **more: object) -> Maker:
    """Words at the bottom of the picture."""
    shown = segment("t", "w", 0, 1 / 3, clip=clip(transform={"x": 0.0, "y": -0.8}))
    style = {"size": 6, "range": [0, len(text)]}
    written = words("w", text, styles or [style], **more)
    return _folder(base(track("text", shown), materials={"texts": [written]}))


def _beside(list_name: str, *refs: str, **entry: object) -> Maker:
    """The clip refers to this entry of a list of materials."""
    document = base(materials={list_name: [{"id": "x", **entry}]})
    document["tracks"][0]["segments"][0]["extra_material_refs"] = ["x", *refs]
    return _folder(document)


def _named_in_bundle(name: str) -> Maker:
    def make(target: Path, around: Surroundings) -> Path:
        return _material(f"/home/author/{name}", {name: around.bytes_of("a.mp4")})(target, around)

    return make


def _linked(target: Path, around: Surroundings) -> Path:
    _material("/home/author/linked.mp4")(target, around)
    (target / "linked.mp4").symlink_to(around.film)
    return target


def _twins(target: Path, around: Surroundings) -> Path:
    content = around.bytes_of("a.mp4")
    return _folder(base(), {"one/a.mp4": content, "two/a.mp4": content}, has_film=False)(target, around)


def _layers(target: Path, around: Surroundings) -> Path:
    """Two hundred films of an hour over each other, in 4K."""
    full = {"source_timerange": {"start": 0, "duration": 3600 * SECOND}}
    tracks = [track("video", segment(f"s{n}", "film", 0, 3600, **full)) for n in range(199)]
    canvas: Json = {"canvas_config": {"width": 3840, "height": 2160}, "duration": 3600 * SECOND}
    return _folder(base(*tracks, materials={"videos": [film(duration=3600 * SECOND)]}, **canvas))(target, around)


def _itself() -> Json:
    inner = base()
    inner["id"] = "outer"
    lists = {"drafts": [{"id": "c", "type": "combination", "draft": inner}]}
    document = base(materials=lists)
    document["id"] = "outer"
    document["tracks"][0]["segments"][0]["extra_material_refs"] = ["c"]
    return document


def _stickers() -> Json:
    lists = {"stickers": [{"id": "x", "type": "sticker", "name": "star", "resource_id": "1"}]}
    document = base(materials=lists)
    document["tracks"] = [track("sticker", segment("s", "x", 0, 1, clip=clip()))]
    return document


def _zip(change: Callable[[Path], Path]) -> Maker:
    """A good draft's zip that is changed afterwards."""

    def make(target: Path, around: Surroundings) -> Path:
        path = target.with_suffix(".zip")
        files = {"draft_content.json": json.dumps(base()).encode(), "a.mp4": around.bytes_of("a.mp4")}
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return change(path)

    return make


_PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:8\n#EXTINF:8,\n"
_PROBE_BYTES = b"\x00\x00\x00\x18ftypmp42" + b"\xff" * 4000
_INJECTION = "x',drawtext=textfile=/etc/passwd:x=0,drawbox=c=red:t=fill;[0:v]"
_OVERRIDES = r"{\an7\pos(0,0)\p1\bord99\1c&H0000FF&}m 0 0 l 999 0 999 999 0 999{\p0}\N\N\h"

_ZIPS: Mapping[str, Callable[[Path], Path]] = hostile_zips.CHANGES
_HUGE_PICTURE = hostile_zips.huge_png(60_000, 60_000)

HOSTILE: tuple[Hostile, ...] = (
    *(Hostile(name=f"zip: {name}", make=_zip(change)) for name, change in _ZIPS.items()),
    Hostile(name="folder: link", make=_linked),
    Hostile(name="json: encrypted", make=_folder(b"AQIDBAUGBwgJ" * 100)),
    Hostile(name="json: damaged", make=_folder(b'{"tracks": [')),
    Hostile(name="json: NaN", make=_folder(json.dumps(base()).replace("30.0", "NaN").encode())),
    Hostile(name="json: infinite", make=_folder(json.dumps(base()).replace("30.0", "1e999").encode())),
    Hostile(name="json: deep", make=_folder(b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}")),
    Hostile(name="canvas of nothing", make=_changed(canvas_config={"width": 0, "height": 90})),
    Hostile(name="canvas of a mile", make=_changed(canvas_config={"width": 100_000, "height": 90})),
    Hostile(name="a thousand frames a second", make=_changed(fps=1000)),
    Hostile(name="seven hours", make=_changed(duration=7 * 3600 * SECOND)),
    Hostile(name="a segment of 30,000 years", make=_clip(target_timerange={"start": 0, "duration": 10**18})),
    Hostile(name="201 tracks", make=_folder(base(*[track("video")] * 201))),
    Hostile(name="speed below nothing", make=_clip(speed=-1.0)),
    Hostile(name="speed of almost nothing", make=_clip(speed=1e-300)),
    Hostile(name="deafening", make=_clip(volume=1e9)),
    Hostile(name="scale beyond all", make=_clip(clip=clip(scale={"x": 1e30, "y": 1e30}))),
    Hostile(name="a draft within itself", make=_folder(_itself())),
    Hostile(name="200 layers of 4K for an hour", make=_layers),
    Hostile(name="stickers only", make=_folder(_stickers())),
    Hostile(name="no tracks", make=_folder(base() | {"tracks": []})),
    Hostile(name="material: missing", make=_material("/home/author/gone.mp4")),
    Hostile(name="material: ambiguous", make=_twins),
    Hostile(name="material: absolute path", make=_outside("absolute")),
    Hostile(name="material: path upwards", make=_outside("up")),
    Hostile(name="material: file URL", make=_outside("url")),
    Hostile(name="material: http URL", make=_material("@URL@/film.mp4")),
    Hostile(name="material: metadata address", make=_material("http://169.254.169.254/latest/meta-data")),
    Hostile(name="material: /etc/passwd", make=_material("../../../../../../etc/passwd")),
    Hostile(
        name="material: ffconcat",
        make=_material("/a.mp4", {"a.mp4": b"ffconcat version 1.0\nfile '@FILM@'\nduration 8\n"}),
    ),
    Hostile(name="material: playlist of a file", make=_material("/a.mp4", {"a.mp4": _PLAYLIST + b"@FILM@\n"})),
    Hostile(name="material: playlist of a URL", make=_material("/a.mp4", {"a.mp4": _PLAYLIST + b"@URL@/1.ts\n"})),
    Hostile(name="material: no film", make=_material("/a.mp4", {"a.mp4": _PROBE_BYTES})),
    Hostile(name="material: empty", make=_material("/a.mp4", {"a.mp4": b""})),
    Hostile(
        name="material: huge picture",
        make=_material("/a.png", {"a.png": _HUGE_PICTURE}, type="photo"),
    ),
    Hostile(
        name="material: drawing with an entity",
        make=_material(
            "/a.svg",
            {"a.svg": b'<!DOCTYPE s [<!ENTITY x SYSTEM "file://@SECRET@">]><svg><text>&x;</text></svg>'},
            type="photo",
        ),
    ),
    Hostile(name="a colour that is a filter", make=_text("a", text_color=_INJECTION)),
    Hostile(name="name: option", make=_named_in_bundle("-i.mp4"), is_harmless=True),
    Hostile(name="name: protocol", make=_named_in_bundle("concat:a|b.mp4"), is_harmless=True),
    Hostile(name="name: pattern", make=_named_in_bundle("%05d.mp4"), is_harmless=True),
    Hostile(name="name: filter", make=_named_in_bundle("x',movie=a;[0].mp4"), is_harmless=True),
    Hostile(name="name: shell", make=_named_in_bundle("$(touch pwned) `id`;&.mp4"), is_harmless=True),
    Hostile(name="words: overrides", make=_text(_OVERRIDES), is_harmless=True),
    Hostile(name="words: filter", make=_text(_INJECTION), is_harmless=True),
    Hostile(name="words: directions", make=_text("a\u202eb\u2066c\u200f\x07\x1b[2Jd"), is_harmless=True),
    Hostile(
        name="words: a script event", make=_text("a\nDialogue: 0,0:00:00.00,9:00:00.00,D,,0,0,0,,b"), is_harmless=True
    ),
    Hostile(
        name="words: style beyond them",
        make=_text("abc", {"size": 6, "range": [0, 3]}, {"size": 6, "range": [5, 99]}),
        is_harmless=True,
    ),
    Hostile(
        name="face that is none",
        make=_folder(
            base(
                track("text", segment("t", "w", 0, 1 / 3, clip=clip(transform={"x": 0.0, "y": -0.8}))),
                materials={"texts": [words("w", "a", [{"size": 6, "range": [0, 1], "font": {"path": "/x/face.ttf"}}])]},
            ),
            {"face.ttf": b"\x00\x01\x00\x00\xff\xff" + b"\xff" * 5000},
        ),
        is_harmless=True,
    ),
    Hostile(name="transition of a filter", make=_beside("transitions", name=_INJECTION, duration=1), is_harmless=True),
    Hostile(
        name="filter of a filter", make=_beside("effects", type="filter", name=_INJECTION, value=1.0), is_harmless=True
    ),
    Hostile(
        name="animation of a filter",
        make=_beside("material_animations", animations=[{"type": "in", "name": _INJECTION, "duration": SECOND}]),
        is_harmless=True,
    ),
    Hostile(name="ids of a filter", make=_clip(id=_INJECTION + "\x1b]0;x\x07"), is_harmless=True),
    Hostile(name="a stranger's list", make=_beside("quantum_flux", type=_INJECTION), is_harmless=True),
    Hostile(
        name="cover and thumbnail",
        make=_folder(base(cover={"path": "@URL@"}, static_cover_image_path="/etc/passwd")),
        is_harmless=True,
    ),
)


def short(name: str) -> str:
    """A name for its folder."""
    plain = unicodedata.normalize("NFKD", name)
    return "-".join("".join(letter if letter.isalnum() else " " for letter in plain).split())
