"""The short form of `make reports`: some cases that come out right, and an assessment that can say wrong."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.corpus.source_maker import SourceMaker
from tests.reports import highest_rate
from tests.reports.case_runner import CaseRunner, CaseVerdict
from tests.reports.cases import Reports
from tests.reports.document import BOUND
from tests.reports.synchrony import Film, synchrony

pytestmark = pytest.mark.timeout(600)

# At least one case of each kind: timestamps, late sound, edit lists, joined files, clocks that jump, a wrong table,
# sound of many channels and tracks, phones, colours, shapes, stills, sources to be refused, damage, formats.
RIGHT = (
    *("03", "09", "13", "16", "18", "20", "21", "24", "26", "28", "32", "33", "37", "39", "40", "43", "50", "53", "57"),
    *("59", "61", "62", "63", "64", "67"),
)

# The cases among these that complete, and have a flash and a beep.
_WITH_BEEPS = ("13", "16", "18", "20", "21", "26", "32", "37", "39", "53", "59")


@pytest.fixture(scope="session")
def runner(reports: Reports, tmp_path_factory: pytest.TempPathFactory) -> CaseRunner:
    scratch = tmp_path_factory.mktemp("reports")
    return CaseRunner(reports=reports, folder=scratch / "cases", home=scratch / "home")


@pytest.fixture(scope="session")
def verdicts(runner: CaseRunner) -> Mapping[str, CaseVerdict]:
    """The verdicts by number; the product processes all cases once."""
    found = runner.verdicts(runner.reports.of(RIGHT), chrome=False)
    return {verdict.case.number: verdict for verdict in found}


@pytest.mark.parametrize("number", RIGHT)
def test_what_comes_out_is_right(number: str, verdicts: Mapping[str, CaseVerdict]) -> None:
    assert verdicts[number].faults == []


@pytest.mark.parametrize("number", _WITH_BEEPS)
def test_its_sound_is_with_its_picture(number: str, verdicts: Mapping[str, CaseVerdict], runner: CaseRunner) -> None:
    found = synchrony(_film(verdicts[number], runner))
    assert found is not None
    assert found.largest is not None
    assert abs(found.largest.displacement) <= BOUND


def test_sound_that_comes_late_is_judged_wrong(
    verdicts: Mapping[str, CaseVerdict], runner: CaseRunner, maker: SourceMaker
) -> None:
    right = verdicts["16"]
    film = _film(right, runner)
    late = maker.make("late.mp4", *_late(film.output, seconds=0.2))
    [judged] = runner.assess([right.case], {"mp4": [_answer(right) | {"output": str(late)}]}, chrome=False)
    assert any("ms late" in fault for fault in judged.faults)
    measured = synchrony(replace(film, output=late))
    assert measured is not None
    assert measured.largest is not None
    assert measured.largest.displacement == pytest.approx(200, abs=3)


def test_another_film_is_judged_wrong(verdicts: Mapping[str, CaseVerdict], runner: CaseRunner) -> None:
    phone, other = verdicts["39"], verdicts["13"]
    answer = _answer(phone) | {"output": _answer(other)["output"]}
    [judged] = runner.assess([phone.case], {"mp4": [answer]}, chrome=False)
    assert not judged.accepted


def test_a_film_that_should_have_been_refused_is_judged_wrong(
    verdicts: Mapping[str, CaseVerdict], runner: CaseRunner
) -> None:
    cut_off, whole = verdicts["63"], verdicts["13"]
    completed = _answer(whole) | {"path": _answer(cut_off)["path"]}
    [judged] = runner.assess([cut_off.case], {"mp4": [completed]}, chrome=False)
    assert not judged.accepted


def test_no_answer_at_all_is_judged_wrong(verdicts: Mapping[str, CaseVerdict], runner: CaseRunner) -> None:
    [judged] = runner.assess([verdicts["16"].case], {"mp4": []}, chrome=False)
    assert not judged.accepted


def test_only_a_film_that_was_thinned_out_and_says_so_is_told() -> None:
    told = {"flags": ["video_codec", "frame_rate"]}
    assert highest_rate.is_thinned(told, pictures=120)
    assert not highest_rate.is_thinned(told, pictures=119)
    assert not highest_rate.is_thinned({"flags": ["video_codec"]}, pictures=120)


@pytest.mark.parametrize(("profile", "faults"), [('base = "mp4"', []), ('base = "mp4"\nno_such_key = 1', None)])
def test_a_case_is_judged_by_a_profile_of_its_own_where_that_is_taken(
    profile: str, faults: list[str] | None, verdicts: Mapping[str, CaseVerdict], runner: CaseRunner, tmp_path: Path
) -> None:
    found = highest_rate.faults_at_240(
        runner.reports,
        verdicts["50"].case,
        folder=runner.folder,
        out=tmp_path / "out",
        environment=runner.environment,
        profile=f"[profile.mp4-240]\n{profile}\n",
    )
    assert found == faults


def _answer(verdict: CaseVerdict) -> dict[str, object]:
    [answer] = verdict.answers
    return dict(answer)


def _film(verdict: CaseVerdict, runner: CaseRunner) -> Film:
    case = verdict.case
    output = Path(str(_answer(verdict)["output"]))
    return Film(name=case.file, source=runner.folder / case.file, output=output, expect=case.expect)


def _late(film: Path, *, seconds: float) -> tuple[str, ...]:
    both = ("-i", str(film), "-itsoffset", str(seconds), "-i", str(film))
    return (*both, "-map", "0:v", "-map", "1:a", "-c", "copy")
