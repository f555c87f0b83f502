"""`make drafts`: every draft through the product, judged; into docs/reference/drafts-report.md."""

import argparse
import hashlib
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tests.drafts.app_drafts import APP_DRAFTS, AppDraft, without_face_names
from tests.drafts.document import Ended, Judged, Report
from tests.drafts.hostile_drafts import HOSTILE
from tests.drafts.hostile_run import run_hostile
from tests.drafts.materials import MaterialFolder
from tests.drafts.product import Answer, draw
from tests.drafts.rendition import Rendition
from tests.drafts.verdict import Verdict, judge
from tests.drafts.writing import Written
from tests.drafts.written_drafts import DRAFTS

_DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "reference" / "drafts-report.md"
# What is judged is the drawing: an encoder that keeps nearly all of it stands in the way least.
_FINE = """[profile.draft-fine]
base = "draft"
crf = 10
max_video_bit_rate = 50000000
"""
_TWICE = ("story", "all-keys", "dissolves", "captions", "speed-double", "gif")


def main() -> int:
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder_name:
        folder = arguments.keep or Path(folder_name)
        materials = MaterialFolder(folder / "materials")
        report = Report(written=(), editors=(), hostile=(), twice={}, facts=())
        if "written" in arguments.parts:
            written, twice = _written(folder, arguments.only, materials=materials)
            report = replace(report, written=written, twice=twice)
        if "editors" in arguments.parts:
            report = replace(report, editors=_editors(folder, arguments.only))
        if "hostile" in arguments.parts:
            chosen = [each for each in HOSTILE if not arguments.only or each.name in arguments.only]
            found = run_hostile(chosen, folder / "hostile", materials=materials)
            all_of_them = Ended(name="all of them", outcome=f"exit {found.run.code}", said="", faults=found.faults)
            report = replace(report, hostile=[*found.ended, all_of_them], facts=found.facts)
    text = report.text()
    if not arguments.only and set(arguments.parts) == set(_PARTS):
        _DOCUMENT.write_text(text)
    sys.stdout.write(text)
    for fault in report.faults:
        sys.stderr.write(f"{fault}\n")
    return 1 if report.faults else 0


_PARTS = ("written", "editors", "hostile")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.drafts", description=__doc__)
    parser.add_argument("--parts", nargs="*", choices=_PARTS, default=_PARTS, help="what is judged; by default all")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="these drafts alone; no page is written")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where drafts and films are left to be looked at")
    return parser.parse_args()


def _written(
    folder: Path, only: Sequence[str], *, materials: MaterialFolder
) -> tuple[list[Judged], dict[str, list[str]]]:
    chosen = [each for each in DRAFTS if not only or each.name in only]
    sources = folder / "written"
    documents = {each.name: each.into(sources / each.name, materials=materials) for each in chosen}
    sys.stderr.write(f"The product draws {len(chosen)} drafts ...\n")
    started = time.perf_counter()
    profiles = folder / "profiles.toml"
    profiles.write_text(_FINE)
    run = draw(
        [sources / each.name for each in chosen], home=folder / "home", profile="draft-fine", profiles=str(profiles)
    )
    sys.stderr.write(f"... in {time.perf_counter() - started:.0f} s. They are judged ...\n{run.said}")
    judged = []
    for each in chosen:
        answer = run.answers.get(sources / each.name)
        if answer is None or answer.film is None:
            verdict = Verdict(faults=[f"no film: {answer.outcome}: {answer.error}" if answer else "no answer"])
        else:
            verdict = judge(documents[each.name], sources / each.name, answer.film)
        judged.append(Judged(name=each.name, about=each.features, verdict=verdict))
        sys.stderr.write(f"{each.name}: {verdict.faults[0] if verdict.faults else 'passes'}\n")
    return judged, _twice(chosen, sources, folder)


def _twice(chosen: Sequence[Written], sources: Path, folder: Path) -> dict[str, list[str]]:
    """What differs where the same drafts are drawn in two installations, on as many threads in both."""
    names = [each.name for each in chosen if each.name in _TWICE]
    if not names:
        return {}
    runs = [draw([sources / name for name in names], home=folder / home, slots="1") for home in ("once", "again")]
    one, other = (run.answers for run in runs)
    return {name: _differences(one.get(sources / name), other.get(sources / name)) for name in names}


def _differences(one: Answer | None, other: Answer | None) -> list[str]:
    if one is None or other is None or one.film is None or other.film is None:
        return ["there are no two films"]
    found = [] if one.notes == other.notes else ["the notes are not the same"]
    return found if _digest(one.film) == _digest(other.film) else [*found, "the frames are not the same"]


def _digest(film: Path) -> str:
    """Of every decoded frame and sample."""
    rendition = Rendition(film)
    digest = hashlib.sha256(rendition.samples().tobytes())
    digest.update(rendition.pixels.tobytes())
    return digest.hexdigest()


def _editors(folder: Path, only: Sequence[str]) -> list[Ended]:
    chosen = [each for each in APP_DRAFTS if not only or each.name in only]
    sources = {each.name: each.into(folder / "editors" / each.name.replace(" ", "-")) for each in chosen}
    run = draw(list(sources.values()), home=folder / "home-editors")
    sys.stderr.write(run.said)
    return [_judged_editor(each, run.answers.get(sources[each.name])) for each in chosen]


def _judged_editor(draft: AppDraft, answer: Answer | None) -> Ended:
    if answer is None or answer.film is None:
        said = answer.error if answer else ""
        return Ended(name=draft.name, outcome=answer.outcome if answer else "-", said=said, faults=["no film"])
    faults = []
    rendition = Rendition(answer.film)
    if len(rendition) != draft.frames:
        faults.append(f"it has {len(rendition)} frames, not {draft.frames}")
    told_of, listed = Counter(without_face_names(answer.notes)), Counter(draft.notes)
    more, less = told_of - listed, listed - told_of
    faults += [f"told, but not expected: {' '.join(note)} ({times})" for note, times in more.items()]
    faults += [f"expected, but not told: {' '.join(note)} ({times})" for note, times in less.items()]
    told = f"{len(answer.notes)} notes" if len(answer.notes) != 1 else "1 note"
    return Ended(name=draft.name, outcome=answer.outcome, said=told, faults=faults)


if __name__ == "__main__":
    sys.exit(main())
