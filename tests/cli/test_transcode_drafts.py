"""A draft becomes a film in one command, and what of it is not drawn exactly is told wherever the film is."""

import json
from pathlib import Path

from sqlalchemy import Engine, text

from tests.cli.clips import make_clip
from tests.cli.conftest import Command
from tests.core.draft.drafts import draft, segment, track, video

# As a draft may call it.
_NAME = "cat\x1b[2J{value}"


def _draft(folder: Path) -> Path:
    """One second of a film, a sticker on it, and a transition to nowhere."""
    make_clip(folder / "film.avi", seconds=2)
    materials = {
        "videos": [video("film", path="/home/author/film.avi", width=64, height=48, has_audio=False)],
        "stickers": [{"id": "cat", "name": _NAME}],
        "transitions": [{"id": "turn", "name": "翻页", "duration": 500_000}],
    }
    clip = segment("s", "film", 0, 1, extra_material_refs=["turn"])
    written = draft(track("video", clip), track("sticker", segment("k", "cat", 0, 1)), materials=materials)
    small = {"canvas_config": {"width": 64, "height": 48}, "fps": 25.0, "duration": 1_000_000}
    (folder / "draft_content.json").write_text(json.dumps(written | small), encoding="utf-8")
    return folder


def test_what_a_drawn_film_lacks_is_told_with_it(site: Command, engine: Engine, tmp_path: Path) -> None:
    ran = site("transcode", _draft(tmp_path / "my draft"), "--out", tmp_path / "out", "--json")
    (told,) = ran.objects()
    assert (ran.code, told["outcome"], told["error"]) == (0, "completed", None)
    assert Path(told["output"]).is_file()
    sticker = r"The sticker 'cat\x1b[2J{value}' is not drawn."
    alone = "The transition '翻页' has no neighbour to go to and is not drawn."
    assert {each["sentence"] for each in told["notes"]} == {sticker, alone}
    shown = site("tasks", "show", told["task"]).out
    assert "made by encode because of draft\n\nNot drawn exactly as in its editor (2 notes):\n" in shown
    assert f"    0:00-0:01: {sticker}\n" in shown
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT flags, notes->0->>'segment' FROM media_process_history")).one()
    assert kept == (["draft", "note:sticker:told", "note:transition:told"], "s")
