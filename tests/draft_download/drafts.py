"""A draft as capcut-mate's server keeps it, with paths of that server's disk."""

import json

from tests.core.draft.drafts import Json, draft, segment, sound, track, video
from tests.parts.draft_host import THEIR_FOLDER


def timeline(**paths: str) -> Json:
    """A film and a sound, whose paths may be others."""
    film = paths.get("film", f"{THEIR_FOLDER}assets/videos/film.mp4")
    music = paths.get("music", f"{THEIR_FOLDER}assets/audios/音乐.mp3")
    return draft(
        track("video", segment("s1", "v1", 0, 1)),
        track("audio", segment("s2", "a1", 0, 1)),
        materials={"videos": [video("v1", path=film)], "audios": [sound("a1", path=music)]},
    )


def files(**paths: str) -> dict[str, bytes]:
    """The files of the draft; the films are none, since nobody looks into them here."""
    content = json.dumps(timeline(**paths)).encode()
    return {
        "draft_content.json": content,
        "draft_info.json": content,
        "draft_meta_info.json": b"{}",
        "assets/videos/film.mp4": b"film" * 1000,
        "assets/audios/音乐.mp3": b"music" * 1000,
        "template-2.tmp": b"the editor's own",
    }
