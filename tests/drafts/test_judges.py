"""Each judge passes what the compositor draws, and finds what is put wrong on purpose."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from tests.drafts.compositor import Compositor
from tests.drafts.materials import MaterialFolder, recorded_tone
from tests.drafts.place_judge import PlaceFindings, PlaceJudge
from tests.drafts.reading import Draft, Json
from tests.drafts.rendition import SAMPLE_RATE, Array, planes_of
from tests.drafts.similarity import chroma_error, structural_similarity
from tests.drafts.sound_judge import judge_sound
from tests.drafts.text_judge import TextFindings, judge_words, words_of
from tests.drafts.writing import named
from tests.drafts.written_drafts import DRAFTS

_FRAMES = (40,)


class Case:
    """A written draft with the files of its materials."""

    def __init__(self, name: str, *, folder: Path, materials: MaterialFolder) -> None:
        self.document: Json = named(DRAFTS, name).into(folder, materials=materials)
        self.folder = folder
        self.draft = Draft(self.document)
        self.files: Mapping[str, Path] = {path.name: path for path in (folder / "assets").iterdir()}
        self.compositor = Compositor(draft=self.draft, files=self.files)

    def judged(self, picture_of: Mapping[int, Array]) -> PlaceFindings:
        judge = PlaceJudge(self.draft)
        for frame, picture in picture_of.items():
            judge.look(planes_of(picture).rgb(), frame)
        return judge.findings

    def pictures(self, *, later: int = 0) -> dict[int, Array]:
        return {frame: self.compositor.picture(frame + later) for frame in _FRAMES}


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory, materials: MaterialFolder) -> Case:
    return Case("placed", folder=tmp_path_factory.mktemp("placed"), materials=materials)


def test_what_the_compositor_draws_passes(placed: Case) -> None:
    found = placed.judged(placed.pictures())
    assert not found.faults
    assert found.places > 10
    assert found.numbers == 1


def test_a_clip_three_pixels_off_is_found(placed: Case) -> None:
    off = {frame: np.roll(picture, 3, axis=1) for frame, picture in placed.pictures().items()}
    assert any("px off" in fault for fault in placed.judged(off).faults)


def test_a_film_two_frames_late_is_found(placed: Case) -> None:
    assert any("frames off" in fault for fault in placed.judged(placed.pictures(later=2)).faults)


def test_a_wrong_colour_is_found(placed: Case) -> None:
    redder = {frame: picture + np.array([30, 0, 0], np.float32) for frame, picture in placed.pictures().items()}
    assert any("colour off" in fault for fault in placed.judged(redder).faults)


def test_a_clip_that_is_not_drawn_is_found(placed: Case) -> None:
    empty = {frame: np.zeros_like(picture) for frame, picture in placed.pictures().items()}
    assert any("99.0 px off" in fault for fault in placed.judged(empty).faults)


def test_similarity_tells_a_shifted_picture_from_the_same_one(placed: Case) -> None:
    drawn = planes_of(placed.compositor.picture(3))
    noisy = drawn.luma + np.random.default_rng(1).normal(0, 1.0, drawn.luma.shape).astype(np.float32)
    assert structural_similarity(drawn.luma, noisy) > 0.985
    assert structural_similarity(drawn.luma, np.roll(drawn.luma, 3, 1)) < 0.97
    assert chroma_error(drawn, planes_of(placed.compositor.picture(40))) > 4


def _mixed(draft: Draft, *, late: float = 0.0, gain: float = 1.0) -> Array:
    """What should be heard, by plain sums of tones; wrong by what is asked."""
    times = np.arange(round(draft.frames / draft.rate * SAMPLE_RATE)) / SAMPLE_RATE
    sums = np.zeros(len(times))
    for track in draft.tracks:
        for segment in track.segments:
            start = segment.start + late
            heard = (times >= start) & (times < start + segment.duration)
            tone = recorded_tone(segment.name, times - start + segment.source_start)
            sums += np.where(heard, tone * segment.volume * gain, 0)
    return np.repeat(sums.astype(np.float32)[:, None], 2, 1)


def test_sounds_are_judged_by_time_and_gain(tmp_path: Path, materials: MaterialFolder) -> None:
    case = Case("volumes", folder=tmp_path / "draft", materials=materials)
    found = judge_sound(case.draft, _mixed(case.draft), files=case.files)
    assert not found.faults
    assert (found.measured > 60, found.starts) == (True, 2)
    louder = judge_sound(case.draft, _mixed(case.draft, gain=10 ** (1 / 20)), files=case.files)
    assert any("+1.0 dB" in fault for fault in louder.faults)
    late = judge_sound(case.draft, _mixed(case.draft, late=0.045), files=case.files)
    assert any("sets in" in fault for fault in late.faults)


def test_words_that_are_too_large_or_elsewhere_are_found(tmp_path: Path, materials: MaterialFolder) -> None:
    case = Case("captions", folder=tmp_path / "draft", materials=materials)
    words = words_of(case.document, folder=case.folder)[0]
    behind = case.compositor.picture(words.first)
    left, top, right, bottom = words.box
    for more, down, is_right in ((0.0, 0, True), (8.0, 0, False), (0.0, 20, False)):
        picture = behind.copy()
        picture[round(top - more) : round(bottom + more), round(left - more) : round(right + more)] = 255
        picture = np.roll(picture, down, axis=0)
        found = TextFindings()
        judge_words(words, picture, behind=behind, found=found)
        assert (not found.faults) is is_right
