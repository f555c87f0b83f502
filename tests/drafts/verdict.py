"""All judges over one rendition of a draft, and what they say together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.drafts.compositor import Compositor
from tests.drafts.place_judge import PlaceJudge
from tests.drafts.reading import Draft, Json
from tests.drafts.rendition import SAMPLE_RATE, Planes, Rendition, planes_of
from tests.drafts.similarity import chroma_error, structural_similarity
from tests.drafts.sound_judge import judge_sound
from tests.drafts.text_judge import TextFindings, judge_words, without_words, words_of

LEAST_SIMILARITY = 0.97
MOST_CHROMA_ERROR = 4.0
MOST_FRAMES = 20
_SOUND_LENGTH = 0.05


@dataclass(kw_only=True)
class Verdict:
    """The worst of everything, and a sentence for each thing that is too bad; None where there was nothing to judge."""

    frames: int = 0
    place: float | None = None
    late: float | None = None
    similarity: float | None = None
    chroma: float | None = None
    gain: float | None = None
    ink: float | None = None
    faults: list[str] = field(default_factory=list)


def judge(document: Json, folder: Path, film: Path, *, most_frames: int = MOST_FRAMES) -> Verdict:
    """Judge the film of the draft in this folder."""
    draft = Draft(document)
    files: Mapping[str, Path] = {path.name: path for path in (folder / "assets").iterdir()}
    rendition, verdict = Rendition(film), Verdict()
    _judge_form(draft, rendition, verdict)
    if not verdict.faults:
        _judge_pictures(draft, document, folder, files, rendition, verdict, most_frames=most_frames)
        _judge_words(draft, document, folder, files, rendition, verdict)
        _judge_sound(draft, files, rendition, verdict)
    return verdict


def frames_judged(draft: Draft, *, most: int) -> list[int]:
    """Frames all over the draft, with those on both sides of each cut."""
    edges = {place for track in draft.tracks for each in track.segments for place in (each.first, each.end - 1)}
    edges = {place for place in edges if 0 <= place < draft.frames}
    chosen = sorted(edges)[:: max(1, len(edges) // (most // 2))][: most // 2]
    spread = np.linspace(0, draft.frames - 1, most).astype(int)
    more = [int(place) for place in spread if int(place) not in chosen]
    kept = range(0, len(more), max(1, len(more) // max(most - len(chosen), 1)))
    return sorted({*chosen, *(more[place] for place in kept)})[:most]


def _judge_form(draft: Draft, rendition: Rendition, verdict: Verdict) -> None:
    # Films have even sides: beside a canvas that has not lies one more line.
    width, height = (side + side % 2 for side in draft.canvas)
    if (rendition.width, rendition.height) != (width, height):
        verdict.faults.append(f"it is {rendition.width}x{rendition.height}, not {width}x{height}")
    if len(rendition) != draft.frames:
        verdict.faults.append(f"it has {len(rendition)} frames, not {draft.frames}")
    if abs(rendition.rate - draft.rate) > 1e-6:
        verdict.faults.append(f"it has {rendition.rate} frames a second, not {draft.rate}")
    facts = rendition.facts
    if (facts.get("pix_fmt"), facts.get("color_space"), facts.get("color_range")) != ("yuv420p", "bt709", "tv"):
        verdict.faults.append("it does not say that it is yuv420p, BT.709, limited")


def _judge_pictures(
    draft: Draft,
    document: Json,
    folder: Path,
    files: Mapping[str, Path],
    rendition: Rendition,
    verdict: Verdict,
    *,
    most_frames: int,
) -> None:
    compositor, places = Compositor(draft=draft, files=files), PlaceJudge(draft)
    likeness, chroma = [], []
    for frame in frames_judged(draft, most=most_frames):
        found = rendition.frame(frame).cropped(*draft.canvas)
        counts = without_words(document, frame=frame, shape=found.luma.shape, folder=folder)
        if counts.all():
            places.look(found.rgb(), frame)
        nudges = (0,) if compositor.is_certain(frame) else (0, -1, 1)
        trials = [planes_of(compositor.picture(frame, nudge=nudge)) for nudge in nudges]
        values = [structural_similarity(found.luma, trial.luma, counts=counts) for trial in trials]
        best = int(np.argmax(values))
        likeness.append(values[best])
        chroma.append(chroma_error(found, trials[best]) if counts.all() else 0.0)
        _tell_unlike(frame, values[best], chroma[-1], verdict)
    verdict.frames = len(likeness)
    verdict.similarity, verdict.chroma = min(likeness), max(chroma)
    found_places = places.findings
    verdict.place = found_places.worst_place if found_places.places else None
    verdict.late = found_places.worst_frame if found_places.numbers else None
    verdict.faults.extend(found_places.faults)


def _tell_unlike(frame: int, likeness: float, chroma: float, verdict: Verdict) -> None:
    if likeness < LEAST_SIMILARITY:
        verdict.faults.append(f"frame {frame}: SSIM {likeness:.3f}")
    if chroma > MOST_CHROMA_ERROR:
        verdict.faults.append(f"frame {frame}: chroma off by {chroma:.1f}")


def _judge_words(
    draft: Draft, document: Json, folder: Path, files: Mapping[str, Path], rendition: Rendition, verdict: Verdict
) -> None:
    words = words_of(document, folder=folder)
    if not words:
        return
    compositor, found = Compositor(draft=draft, files=files), TextFindings()
    is_still = all(not each.moves for track in draft.pictures for each in track.segments)
    for each in words if is_still and len(draft.pictures) == 1 else []:
        for frame in (each.first, each.end - 1):
            behind = planes_of(compositor.picture(frame)).rgb()
            judge_words(each, rendition.frame(frame).cropped(*draft.canvas).rgb(), behind=behind, found=found)
        for frame in (each.first - 1, each.end):
            _judge_absence(rendition, frame, planes_of(compositor.picture(frame)), each.words, found)
    verdict.ink = found.worst_size if found.boxes else None
    verdict.faults.extend(found.faults)


def _judge_absence(rendition: Rendition, frame: int, behind: Planes, words: str, found: TextFindings) -> None:
    seen = rendition.frame(frame).luma[: behind.luma.shape[0], : behind.luma.shape[1]]
    if np.abs(seen - behind.luma).max() > 60:
        found.faults.append(f"{words!r} is seen at frame {frame}, where it should not be")


def _judge_sound(draft: Draft, files: Mapping[str, Path], rendition: Rendition, verdict: Verdict) -> None:
    found = judge_sound(draft, rendition.samples(), files=files)
    length, wanted = len(rendition.samples()) / SAMPLE_RATE, draft.frames / draft.rate
    if found.measured and rendition.has_sound and abs(length - wanted) > _SOUND_LENGTH:
        verdict.faults.append(f"its sound lasts {length:.2f} s, not {wanted:.2f} s")
    if found.measured:
        verdict.gain = found.worst_gain
        verdict.faults.extend(found.faults)
