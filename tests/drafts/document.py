"""docs/reference/drafts-report.md: what the judges found, as tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.drafts.verdict import Verdict

_HEAD = """# Drafts, judged

`make drafts` prints this page. It lets the product make films of drafts and judges them by what knows nothing of its
renderer: what each draft should look and sound like is computed from its JSON and the format's formulas alone.

- **Written drafts**: {written} drafts that pyJianYingDraft 0.3.1 wrote, with materials whose every frame and tone
  is known. *Place* is the worst distance (pixels) of an edge from where it belongs, *late* the worst distance of a
  film's frame (frames), *SSIM* the worst likeness of {frames} frames each to a compositor of NumPy and Pillow,
  *chroma* the worst mean difference of colours (of 255), *dB* the worst gain of a tone by Goertzel, *ink* the worst
  difference of a text's size. Allowed are 2 px, 1 frame, 0.97, 4, 0.5 dB, 8 %. The films are made by a site's
  profile that keeps nearly all that is drawn (crf 10), since what is judged is the drawing and not the encoder.
- **Editors' drafts**: the shapes that CapCut and JianYing write, with materials made for them; their notes must be
  those of a list made by hand.
- **Hostile drafts**: each ends in a sentence, or (where what is hostile is only a text, a name or a colour in a
  draft that is fine) in a film in which it did nothing. Files outside have their time of reading watched, and a
  port of this machine its calls.
- **Twice**: the same draft in two installations on as many threads gives the same notes, frames and samples.
"""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One draft in a table."""

    name: str
    about: str
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class Ended:
    """One draft of which only how it ended is judged."""

    name: str
    outcome: str
    said: str
    faults: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Report:
    written: Sequence[Judged]
    editors: Sequence[Ended]
    hostile: Sequence[Ended]
    # Of each draft that was made twice, what differs.
    twice: Mapping[str, Sequence[str]]
    facts: Sequence[str]

    @property
    def faults(self) -> list[str]:
        """Each thing that is wrong, with its draft."""
        found = [f"{each.name}: {fault}" for each in self.written for fault in each.verdict.faults]
        found += [f"{each.name}: {fault}" for each in (*self.editors, *self.hostile) for fault in each.faults]
        return found + [f"{name}, twice: {fault}" for name, faults in self.twice.items() for fault in faults]

    def text(self) -> str:
        """The page."""
        parts = [
            _HEAD.format(written=len(self.written), frames=max((j.verdict.frames for j in self.written), default=0)),
            "## Written drafts\n",
            _table(
                ("draft", "about", "frames", "place", "late", "SSIM", "chroma", "dB", "ink", ""), self._written_rows()
            ),
            _totals(self.written),
            "## Editors' drafts\n",
            _table(("draft", "ended", "notes", ""), [_ended_row(each) for each in self.editors]),
            "## Hostile drafts\n",
            _table(("draft", "ended", "what it said", ""), [_ended_row(each) for each in self.hostile]),
            "## Twice\n",
            _table(("draft", ""), [(name, _said(faults)) for name, faults in self.twice.items()]),
            "".join(f"- {fact}\n" for fact in self.facts),
        ]
        return "\n".join(part for part in parts if part)

    def _written_rows(self) -> list[tuple[str, ...]]:
        return [
            (
                each.name,
                each.about,
                str(each.verdict.frames),
                _number(each.verdict.place, 1),
                _number(each.verdict.late, 0),
                _number(each.verdict.similarity, 3),
                _number(each.verdict.chroma, 1),
                _number(each.verdict.gain, 2),
                _share(each.verdict.ink),
                _said(each.verdict.faults),
            )
            for each in self.written
        ]


def _totals(judged: Sequence[Judged]) -> str:
    passed = sum(not each.verdict.faults for each in judged)
    worst = [
        _number(max((v for j in judged if (v := j.verdict.place) is not None), default=None), 1) + " px",
        _number(min((v for j in judged if (v := j.verdict.similarity) is not None), default=None), 3) + " SSIM",
        _number(max((v for j in judged if (v := j.verdict.gain) is not None), default=None), 2) + " dB",
    ]
    frames = sum(each.verdict.frames for each in judged)
    return f"{passed} of {len(judged)} pass; {frames} frames; the worst of all: {', '.join(worst)}.\n"


def _ended_row(each: Ended) -> tuple[str, ...]:
    return each.name, each.outcome, each.said, _said(each.faults)


def _said(faults: Sequence[str]) -> str:
    if not faults:
        return "passes"
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return f"**{faults[0]}**{more}"


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value * 100:.0f} %"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *([_cell(each) for each in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
