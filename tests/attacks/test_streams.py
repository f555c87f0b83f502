"""Bare streams and wtv recordings: which uploads count as one, and the guards against hostile ones."""

from dataclasses import replace
from pathlib import Path

import pytest

from mediaproc.ffmpeg import prober, wtv
from mediaproc.ffmpeg.tools import Tools
from tests.attacks.attack import Attack, Observation
from tests.attacks.attack_folder import AttackFolder
from tests.attacks.attack_run import Mode, observe_our_pipeline, observe_plain_pipeline
from tests.attacks.makers.references import REFERENCES
from tests.attacks.makers.streams import BREAKS_FFMPEG, STREAMS
from tests.attacks.observers import listening
from tests.attacks.test_attacks import FALLS_FOR_ALL

# With limits only the file keeps its name, by whose suffix ffmpeg recognises a bare stream.
UNDER_ITS_NAME = Mode(name="limits only", sandbox="off")
UNDER_OURS = Mode(name="bubblewrap", sandbox="require")

NAMED = {attack.name: attack for attack in STREAMS}
PLAYLISTS = [attack for attack in REFERENCES if attack.name in {"HLS: sibling", "ffconcat: sibling", "DASH: sibling"}]


@pytest.mark.parametrize("ending", ["h264", "hevc", "wtv"])
@pytest.mark.parametrize("playlist", PLAYLISTS, ids=lambda attack: attack.name)
def test_a_playlist_under_the_name_of_a_stream_is_unreadable(playlist: Attack, ending: str, tools: Tools) -> None:
    def make(folder: AttackFolder) -> Path:
        upload = playlist.make(folder)
        return upload.rename(upload.with_suffix(f".{ending}"))

    observation = _seen(replace(playlist, make=make), UNDER_ITS_NAME, tools)
    assert observation.outcome == "unreadable"
    assert not playlist.harm(observation)


def test_without_a_look_at_its_tables_a_recording_without_an_end_keeps_ffprobe_busy(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    attack = NAMED["a wtv whose index leads back to its begin"]
    monkeypatch.setattr(prober, "_PROBE_WALL", 2.0)
    assert not attack.harm(_seen(attack, UNDER_ITS_NAME, tools))
    monkeypatch.setattr(wtv, "refuse_endless", lambda _: None)
    assert attack.harm(_seen(attack, UNDER_ITS_NAME, tools))


def test_a_recording_that_breaks_ffmpeg_breaks_nothing_else(tools: Tools) -> None:
    with listening() as listener:
        plain = observe_plain_pipeline(BREAKS_FFMPEG, tools=tools, listener=listener)
    assert not tools.version.startswith(FALLS_FOR_ALL) or plain.outcome == "-11, -11"
    assert not BREAKS_FFMPEG.harm(_seen(BREAKS_FFMPEG, UNDER_OURS, tools))


def _seen(attack: Attack, mode: Mode, tools: Tools) -> Observation:
    with listening() as listener:
        return observe_our_pipeline(attack, tools=tools, mode=mode, listener=listener)
