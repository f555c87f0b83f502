"""Processors are found by their names, and a broken one is one sentence that stops no other."""

import sys
import tomllib
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from mediaproc.core.errors import WrongUse
from mediaproc.core.profile import BUILT_IN, profile_named
from mediaproc.processors import ExtraProfiles, Processors
from mediaproc.processors.candidates import Candidate, own_candidates
from mediaproc.processors.interface import GROUP
from tests.processors.brought import Shrinking, candidate, processors, profile

_ROOT = Path(__file__).parents[2]


def test_our_own_are_declared_as_any_package_declares_its_own() -> None:
    declared = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]["entry-points"][GROUP]
    installed = {name: EntryPoint(name=name, value=value, group=GROUP).load() for name, value in declared.items()}
    assert {each.name: each.load() for each in own_candidates()} == installed


def test_what_a_package_brings_is_found_beside_ours() -> None:
    found = processors(candidate(Shrinking))
    assert [each.name for each in found.all()][-1] == "shrinking"
    assert found.profiles == {"tiny": profile()}
    extra = ExtraProfiles({}, processors=found)
    assert profile_named("tiny", extra=extra) == profile()
    with pytest.raises(WrongUse, match=r"known profiles are .*tiny"):
        profile_named("huge", extra=extra)


def test_without_its_package_a_profile_is_unknown() -> None:
    with pytest.raises(WrongUse, match="There is no profile 'tiny'; known profiles are"):
        profile_named("tiny", extra=ExtraProfiles({}, processors=processors()))


def test_no_package_is_looked_for_while_only_ours_are_asked_for() -> None:
    def nobody() -> tuple[Candidate, ...]:
        raise AssertionError("installed packages were looked for")

    ours = Processors(others=nobody)
    own = {"small": profile("small", processor="transcoding")}
    extra = ExtraProfiles(own, processors=ours)
    assert profile_named("mp4", extra=extra) == BUILT_IN["mp4"]
    assert profile_named("small", extra=extra) == own["small"]
    assert ours.can(BUILT_IN["mp4"])
    with pytest.raises(AssertionError, match="were looked for"):
        profile_named("tiny", extra=extra)


class _Nameless(Shrinking):
    name = "another"


class _Planless:
    name = "shrinking"

    def accepts(self, mime_type: str, profile: object) -> bool:
        raise NotImplementedError


class _Refusing(Shrinking):
    def accepts(self, mime_type: str, profile: object) -> bool:  # noqa: ARG002
        raise RuntimeError("not today")


class _Overwriting(Shrinking):
    profiles = (profile("mp4"),)


class _Foreign(Shrinking):
    profiles = (profile(processor="transcoding"),)


class _Escaping(Shrinking):
    profiles = (profile("../../tiny"),)


class _Unlisted(Shrinking):
    profiles = 3  # type: ignore[assignment]


def _absent() -> object:
    raise ModuleNotFoundError("No module named 'shrink'")


def _leaving() -> object:
    sys.exit("it thinks it is a program")


class _Second(Shrinking):
    name = "second"
    profiles = (profile("two", processor="second"),)


class _Third(Shrinking):
    name = "third"
    profiles = (profile("two", processor="third"),)


@pytest.mark.parametrize(
    ("load", "sentence"),
    [
        (_absent, "cannot be loaded, ModuleNotFoundError (No module named 'shrink'): install the package anew"),
        (_leaving, "cannot be loaded, SystemExit (it thinks it is a program)"),
        (_Refusing, "cannot be loaded, RuntimeError (not today)"),
        (lambda: None, "has no method accepts: correct it or remove the package."),
        (_Planless, "has no method plan"),
        (_Nameless, "calls itself 'another'"),
        (_Overwriting, "brings a profile 'mp4' which is built in"),
        (_Foreign, "brings a profile 'tiny' of another processor, 'transcoding'"),
        (_Escaping, "brings a profile '../../tiny' whose name may not be"),
        (_Unlisted, "brings profiles that are no list"),
    ],
)
def test_a_broken_one_is_one_sentence_and_stops_no_other(load: Callable[[], object], sentence: str) -> None:
    found = processors(candidate(load), candidate(_Second, name="second", of="second-package"))
    assert found.named("second") is not None
    assert found.named("shrinking") is None
    assert set(found.profiles) == {"two"}
    [broken] = found.broken
    assert broken.startswith("The processor shrinking of shrink-package 1.2 ")
    assert sentence in broken


def test_two_of_one_name_are_both_left_out_since_nobody_knows_which_is_meant() -> None:
    found = processors(candidate(Shrinking), candidate(Shrinking, of="other-package"))
    assert found.named("shrinking") is None
    assert len(found.broken) == 2
    assert all("is not the only one of its name" in sentence for sentence in found.broken)


def test_ours_cannot_be_replaced() -> None:
    found = processors(candidate(Shrinking, name="transcoding"))
    ours = found.named("transcoding")
    assert ours is not None
    assert ours.candidate.distribution == "mediaproc"
    assert ["is called as one of mediaproc itself" in sentence for sentence in found.broken] == [True]


def test_the_second_that_brings_a_profile_is_left_out() -> None:
    found = processors(candidate(_Second, name="second"), candidate(_Third, name="third", of="third-package"))
    assert found.profiles["two"].processor == "second"
    assert ["as second of shrink-package does" in sentence for sentence in found.broken] == [True]
