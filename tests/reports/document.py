"""docs/reference/reports.md: what the product made of each case, and how far sound is from picture."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.reports.case_runner import CaseVerdict
from tests.reports.cases import Answer
from tests.reports.synchrony import Method, Synchrony

# What the product is held to (ms).
BOUND = 20.0

_ROWS = 10


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A rendition with both sound and picture, by its source's name."""

    name: str
    synchrony: Synchrony

    @property
    def displacement(self) -> float:
        """The largest, in milliseconds without a sign; -1 where nothing could be measured, which is less than any."""
        largest = self.synchrony.largest
        return -1.0 if largest is None else abs(largest.displacement)


def document(verdicts: Sequence[CaseVerdict], measured: Sequence[Measured], *, chrome: bool, corpus: bool) -> str:
    """Markdown, with the sums on top."""
    lines = (*_head(verdicts, chrome=chrome), "", *_cases(verdicts), "", *_synchrony(measured, corpus=corpus))
    return "\n".join((*lines, ""))


def _head(verdicts: Sequence[CaseVerdict], *, chrome: bool) -> Iterator[str]:
    told = sum(bool(verdict.told and verdict.accepted) for verdict in verdicts)
    right = sum(verdict.accepted for verdict in verdicts) - told
    played = "those that depend on it are played in Chromium too" if chrome else "none was played in a browser"
    yield f"# What becomes of {len(verdicts)} uploads of kinds that people report"
    yield ""
    yield (
        "Written by `make reports`. Each upload is made after public bug reports of products that take films of"
        " strangers; what must come out is known from how it is made. Programs that share no code with the product"
        f" measure what did; {played}."
    )
    yield ""
    yield f"Of {len(verdicts)} uploads: {right} right, {told} told, {len(verdicts) - right - told} wrong."
    yield ""
    yield (
        "`told` is said of a film of 240 pictures a second. Its report asks for all of them; a profile has a highest"
        " rate, and a flag tells where pictures above it were left out. It is judged under a profile that allows 240."
    )


def _cases(verdicts: Sequence[CaseVerdict]) -> Iterator[str]:
    yield from _table(
        ("number", "what was uploaded", "what is right", "what came out", "judged"),
        [
            (
                verdict.case.number,
                f"`{verdict.case.file}`: {verdict.case.what}",
                verdict.case.right,
                _came_out(verdict.answers),
                _judged(verdict),
            )
            for verdict in verdicts
        ],
    )


def _judged(verdict: CaseVerdict) -> str:
    if verdict.faults:
        return f"wrong: {'; '.join(verdict.faults)}"
    return f"told: {verdict.told}" if verdict.told else "right"


def _came_out(answers: Sequence[Answer]) -> str:
    if len(answers) == 1:
        [answer] = answers
        if answer["outcome"] != "completed":
            return f"{answer['outcome']}: {answer['error']}"
        flags = f" ({', '.join(answer['flags'])})" if answer["flags"] else ""
        return f"{answer['decision']}{flags}, {answer['verification']}"
    completed = sum(answer["outcome"] == "completed" for answer in answers)
    return f"{completed} of {len(answers)} completed"


def _synchrony(measured: Sequence[Measured], *, corpus: bool) -> Iterator[str]:
    ranked = sorted(measured, key=lambda each: -each.displacement)
    compared = [each for each in ranked if each.synchrony.largest is not None]
    methods = Counter(each.synchrony.method for each in compared)
    yield "## Sound against picture"
    yield ""
    yield (
        f"Of {len(measured)} completed films with sound and picture,"
        f" {'these and those of the corpus' if corpus else 'without the corpus, which was not there'}:"
        f" {methods[Method.FLASHES]} measured by flash and beep, {methods[Method.ENVELOPES]} by when the same pictures"
        f" are shown and the same loudness is heard, {len(measured) - len(compared)} not measurable."
        f" The product is held to {BOUND:.0f} ms; {sum(each.displacement > BOUND for each in compared)} are beyond."
    )
    if compared:
        yield ""
        yield f"The largest displacement: {_displacement(compared[0])}, `{compared[0].name}`."
        yield ""
        yield "A rendition is heard as a browser plays it, packet after packet, and its source by its times."
        yield ""
        yield from _table(("displacement", "film", "by"), map(_row, compared[:_ROWS]))
    yield from _not_measured(measured)


def _not_measured(measured: Sequence[Measured]) -> Iterator[str]:
    suspicious = [each for each in measured if each.synchrony.is_suspicious]
    others = [each for each in measured if each.synchrony.largest is None and not each.synchrony.is_suspicious]
    if suspicious:
        yield ""
        yield "Not measurable, in part at least, though a good rendition would have been:"
        yield ""
        yield from _reasons(suspicious)
    if others:
        counts = Counter(each.synchrony.reason for each in others)
        yield ""
        yield f"Not measurable by their nature: {'; '.join(f'{n} ({reason})' for reason, n in counts.most_common())}."
        yield ""
        yield from _reasons(others)


def _reasons(measured: Sequence[Measured]) -> Iterator[str]:
    return _table(("film", "why not"), [(f"`{each.name}`", str(each.synchrony.reason)) for each in measured])


def _row(each: Measured) -> Sequence[str]:
    return (_displacement(each), f"`{each.name}`", str(each.synchrony.method))


def _displacement(each: Measured) -> str:
    largest = each.synchrony.largest
    assert largest is not None
    side = "late" if largest.displacement > 0 else "early"
    return f"{abs(largest.displacement):.1f} ms {side} at {largest.at:.1f} s"


def _table(head: Sequence[str], rows: Iterator[Sequence[str]] | Sequence[Sequence[str]]) -> Iterator[str]:
    yield from map(_line, (head, ["---"] * len(head), *rows))


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", "\\n") for cell in cells) + " |"
