"""Three written drafts and three hostile ones through the product, judged as `make drafts` judges all of them."""

from pathlib import Path

from tests.drafts.hostile_drafts import HOSTILE
from tests.drafts.hostile_run import run_hostile
from tests.drafts.materials import MaterialFolder
from tests.drafts.product import draw
from tests.drafts.verdict import judge
from tests.drafts.writing import named
from tests.drafts.written_drafts import DRAFTS
from tests.parts.postgres import WHOLE_SITE, as_role
from tests.parts.quick_tools import quick_settings

_WRITTEN = ("placed", "captions", "muted-track")
_HOSTILE = ("words: overrides", "material: ffconcat", "zip: more than it says")


def test_three_drafts_are_drawn_as_their_formulas_say(
    tmp_path: Path, materials: MaterialFolder, database_url: str
) -> None:
    sources = {name: tmp_path / name for name in _WRITTEN}
    documents = {name: named(DRAFTS, name).into(folder, materials=materials) for name, folder in sources.items()}
    run = draw(list(sources.values()), home=tmp_path / "home", **_settings(database_url))
    for name, folder in sources.items():
        answer = run.answers[folder]
        assert answer.film is not None, (answer, run.said)
        verdict = judge(documents[name], folder, answer.film, most_frames=6)
        assert not verdict.faults, (name, verdict)


def test_three_hostile_drafts_do_nothing(tmp_path: Path, materials: MaterialFolder, database_url: str) -> None:
    chosen = [each for each in HOSTILE if each.name in _HOSTILE]
    found = run_hostile(chosen, tmp_path / "hostile", materials=materials, **_settings(database_url))
    assert not found.faults
    assert {each.name: list(each.faults) for each in found.ended} == {name: [] for name in _HOSTILE}


def _settings(database_url: str) -> dict[str, str]:
    return {"database_url": as_role(database_url, WHOLE_SITE), **quick_settings()}
