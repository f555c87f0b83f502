"""The page that `make reports` writes."""

from collections.abc import Sequence

from tests.reports.case_runner import CaseVerdict
from tests.reports.cases import Answer, Case
from tests.reports.document import Measured, document
from tests.reports.reasons import Reason
from tests.reports.synchrony import Method, Moment, Synchrony

_COMPLETED: Answer = {
    "outcome": "completed",
    "decision": "encode",
    "flags": ["rotation", "hdr"],
    "verification": "verified",
}
_REFUSED: Answer = {"outcome": "refused", "error": "Upload | it again.", "flags": []}


def test_the_head_counts_what_is_right_told_and_wrong() -> None:
    verdicts = [
        _verdict("01"),
        _verdict("02", faults=["7 pictures, not 6"]),
        _verdict("08", told="frame_rate"),
        _verdict("09", told="frame_rate", faults=["level 62"]),
    ]
    written = document(verdicts, [], chrome=True, corpus=True)
    assert "Of 4 uploads: 1 right, 1 told, 2 wrong." in written
    assert "| told: frame_rate |" in written
    assert "| wrong: 7 pictures, not 6 |" in written


def test_a_row_says_what_came_out() -> None:
    verdicts = [_verdict("01"), _verdict("02", answers=[_REFUSED]), _verdict("03", answers=[_COMPLETED, _REFUSED])]
    written = document(verdicts, [], chrome=False, corpus=False)
    assert "| 01 | `01-film.mp4`: a film | 6 s | encode (rotation, hdr), verified | right |" in written
    assert "| refused: Upload \\| it again. | right |" in written
    assert "| 1 of 2 completed | right |" in written


def test_the_largest_displacements_are_shown_and_what_was_not_measured_is_not_hidden() -> None:
    measured = [
        _measured("near.mp4", [3.0, -4.0]),
        _measured("early.ts", [0.0, -31.5]),
        _measured("hum.mp4", [], Reason.STEADY),
        _measured("torn.3gp", [], Reason.SILENT, Reason.UNLIKE),
        _measured("half.mp4", [1.0], Reason.UNLIKE),
    ]
    written = document([], measured, chrome=True, corpus=True)
    assert "0 measured by flash and beep, 3 by when" in written
    assert "2 not measurable" in written
    assert "1 are beyond" in written
    assert "The largest displacement: 31.5 ms early at 1.0 s, `early.ts`." in written
    assert written.index("`early.ts` | envelopes") < written.index("`near.mp4` | envelopes")
    suspicious, by_nature = written.split("by their nature")
    assert f"| `torn.3gp` | {Reason.UNLIKE} |" in suspicious
    assert f"| `half.mp4` | {Reason.UNLIKE} |" in suspicious
    assert f"| `hum.mp4` | {Reason.STEADY} |" in by_nature


def _verdict(
    number: str, *, answers: Sequence[Answer] = (_COMPLETED,), faults: Sequence[str] = (), told: str = ""
) -> CaseVerdict:
    case = Case(number=number, file=f"{number}-film.mp4", what="a film", right="6 s", expect={}, made_by=None)
    return CaseVerdict(case=case, answers=answers, faults=faults, told=told)


def _measured(name: str, displacements: Sequence[float], *unmeasured: Reason) -> Measured:
    moments = [Moment(at=float(place), displacement=each) for place, each in enumerate(displacements)]
    return Measured(name=name, synchrony=Synchrony(method=Method.ENVELOPES, moments=moments, unmeasured=unmeasured))
