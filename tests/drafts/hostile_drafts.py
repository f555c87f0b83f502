"""Drafts that try to do harm: by their zip, their numbers, their materials, and by words that look like commands."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.core.draft.drafts import SECOND, clip, segment, track, words
from tests.drafts import hostile_zips
from tests.drafts.hostile_making import (
    Hostile,
    as_folder,
    as_zip,
    base,
    of_many_layers,
    of_stickers,
    with_clip,
    with_entry,
    with_fields,
    with_file_outside,
    with_link,
    with_material,
    with_name,
    with_twins,
    with_words,
    within_itself,
)

_PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:8\n#EXTINF:8,\n"
_PROBE_BYTES = b"\x00\x00\x00\x18ftypmp42" + b"\xff" * 4000
_INJECTION = "x',drawtext=textfile=/etc/passwd:x=0,drawbox=c=red:t=fill;[0:v]"
_OVERRIDES = r"{\an7\pos(0,0)\p1\bord99\1c&H0000FF&}m 0 0 l 999 0 999 999 0 999{\p0}\N\N\h"

_ZIPS: Mapping[str, Callable[[Path], Path]] = hostile_zips.CHANGES
_HUGE_PICTURE = hostile_zips.huge_png(60_000, 60_000)

HOSTILE: tuple[Hostile, ...] = (
    *(Hostile(name=f"zip: {name}", make=as_zip(change)) for name, change in _ZIPS.items()),
    Hostile(name="folder: link", make=with_link),
    Hostile(name="json: encrypted", make=as_folder(b"AQIDBAUGBwgJ" * 100)),
    Hostile(name="json: damaged", make=as_folder(b'{"tracks": [')),
    Hostile(name="json: NaN", make=as_folder(json.dumps(base()).replace("30.0", "NaN").encode())),
    Hostile(name="json: infinite", make=as_folder(json.dumps(base()).replace("30.0", "1e999").encode())),
    Hostile(name="json: deep", make=as_folder(b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}")),
    Hostile(name="canvas of nothing", make=with_fields(canvas_config={"width": 0, "height": 90})),
    Hostile(name="canvas of a mile", make=with_fields(canvas_config={"width": 100_000, "height": 90})),
    Hostile(name="a thousand frames a second", make=with_fields(fps=1000)),
    Hostile(name="seven hours", make=with_fields(duration=7 * 3600 * SECOND)),
    Hostile(name="a segment of 30,000 years", make=with_clip(target_timerange={"start": 0, "duration": 10**18})),
    Hostile(name="201 tracks", make=as_folder(base(*[track("video")] * 201))),
    Hostile(name="speed below nothing", make=with_clip(speed=-1.0)),
    Hostile(name="speed of almost nothing", make=with_clip(speed=1e-300)),
    Hostile(name="deafening", make=with_clip(volume=1e9)),
    Hostile(name="scale beyond all", make=with_clip(clip=clip(scale={"x": 1e30, "y": 1e30}))),
    Hostile(name="a draft within itself", make=as_folder(within_itself())),
    Hostile(name="200 layers of 4K for an hour", make=of_many_layers),
    Hostile(name="stickers only", make=as_folder(of_stickers())),
    Hostile(name="no tracks", make=as_folder(base() | {"tracks": []})),
    Hostile(name="material: missing", make=with_material("/home/author/gone.mp4")),
    Hostile(name="material: ambiguous", make=with_twins),
    Hostile(name="material: absolute path", make=with_file_outside("absolute")),
    Hostile(name="material: path upwards", make=with_file_outside("up")),
    Hostile(name="material: file URL", make=with_file_outside("url")),
    Hostile(name="material: http URL", make=with_material("@URL@/film.mp4")),
    Hostile(name="material: metadata address", make=with_material("http://169.254.169.254/latest/meta-data")),
    Hostile(name="material: /etc/passwd", make=with_material("../../../../../../etc/passwd")),
    Hostile(
        name="material: ffconcat",
        make=with_material("/a.mp4", {"a.mp4": b"ffconcat version 1.0\nfile '@FILM@'\nduration 8\n"}),
    ),
    Hostile(name="material: playlist of a file", make=with_material("/a.mp4", {"a.mp4": _PLAYLIST + b"@FILM@\n"})),
    Hostile(name="material: playlist of a URL", make=with_material("/a.mp4", {"a.mp4": _PLAYLIST + b"@URL@/1.ts\n"})),
    Hostile(name="material: no film", make=with_material("/a.mp4", {"a.mp4": _PROBE_BYTES})),
    Hostile(name="material: empty", make=with_material("/a.mp4", {"a.mp4": b""})),
    Hostile(
        name="material: huge picture",
        make=with_material("/a.png", {"a.png": _HUGE_PICTURE}, type="photo"),
    ),
    Hostile(
        name="material: drawing with an entity",
        make=with_material(
            "/a.svg",
            {"a.svg": b'<!DOCTYPE s [<!ENTITY x SYSTEM "file://@SECRET@">]><svg><text>&x;</text></svg>'},
            type="photo",
        ),
    ),
    Hostile(name="a colour that is a filter", make=with_words("a", text_color=_INJECTION)),
    Hostile(name="name: option", make=with_name("-i.mp4"), is_harmless=True),
    Hostile(name="name: protocol", make=with_name("concat:a|b.mp4"), is_harmless=True),
    Hostile(name="name: pattern", make=with_name("%05d.mp4"), is_harmless=True),
    Hostile(name="name: filter", make=with_name("x',movie=a;[0].mp4"), is_harmless=True),
    Hostile(name="name: shell", make=with_name("$(touch pwned) `id`;&.mp4"), is_harmless=True),
    Hostile(name="words: overrides", make=with_words(_OVERRIDES), is_harmless=True),
    Hostile(name="words: filter", make=with_words(_INJECTION), is_harmless=True),
    Hostile(name="words: directions", make=with_words("a\u202eb\u2066c\u200f\x07\x1b[2Jd"), is_harmless=True),
    Hostile(
        name="words: a script event",
        make=with_words("a\nDialogue: 0,0:00:00.00,9:00:00.00,D,,0,0,0,,b"),
        is_harmless=True,
    ),
    Hostile(
        name="words: style beyond them",
        make=with_words("abc", {"size": 6, "range": [0, 3]}, {"size": 6, "range": [5, 99]}),
        is_harmless=True,
    ),
    Hostile(
        name="face that is none",
        make=as_folder(
            base(
                track("text", segment("t", "w", 0, 1 / 3, clip=clip(transform={"x": 0.0, "y": -0.8}))),
                materials={"texts": [words("w", "a", [{"size": 6, "range": [0, 1], "font": {"path": "/x/face.ttf"}}])]},
            ),
            {"face.ttf": b"\x00\x01\x00\x00\xff\xff" + b"\xff" * 5000},
        ),
        is_harmless=True,
    ),
    Hostile(
        name="transition of a filter", make=with_entry("transitions", name=_INJECTION, duration=1), is_harmless=True
    ),
    Hostile(
        name="filter of a filter",
        make=with_entry("effects", type="filter", name=_INJECTION, value=1.0),
        is_harmless=True,
    ),
    Hostile(
        name="animation of a filter",
        make=with_entry("material_animations", animations=[{"type": "in", "name": _INJECTION, "duration": SECOND}]),
        is_harmless=True,
    ),
    Hostile(name="ids of a filter", make=with_clip(id=_INJECTION + "\x1b]0;x\x07"), is_harmless=True),
    Hostile(name="a stranger's list", make=with_entry("quantum_flux", type=_INJECTION), is_harmless=True),
    Hostile(
        name="cover and thumbnail",
        make=as_folder(base(cover={"path": "@URL@"}, static_cover_image_path="/etc/passwd")),
        is_harmless=True,
    ),
)
