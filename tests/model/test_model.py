"""The protocol's model: its invariants hold in every state, and each guard is needed."""

import functools
import importlib
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

MODEL = Path(__file__).with_name("protocol.pml")
PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "protocol.md"

GUARDS = sorted(set(re.findall(r"WITHOUT_[A-Z_]*[A-Z]", MODEL.read_text())))
# The number of faults, their kinds (the bits of FAULTS in the model) and the number of claims; the default is three
# claims and any number of faults. Partitions lead to the most states; only two of them fit into a minute.
RUNS = {
    "two faults, two claims": ("-DBUDGET=2", "-DCLAIMS=2"),
    "two faults but no partition": ("-DBUDGET=2", "-DFAULTS=111"),
    "two partitions": ("-DBUDGET=2", "-DFAULTS=16"),
    "one fault": ("-DBUDGET=1",),
    "stops": ("-DFAULTS=1",),
    "kills": ("-DFAULTS=2",),
    "cuts": ("-DFAULTS=4",),
    "locks": ("-DFAULTS=8",),
    "crashes": ("-DFAULTS=32",),
    "cancels": ("-DFAULTS=64",),
}
# Runs that take less time than an optimised compilation.
SMALL = {"kills", "cuts", "locks", "crashes", "cancels"}
# Guards whose lack shows only with a second fault; for all others one fault is enough.
NEED_TWO_FAULTS = {"WITHOUT_SECOND_LOOK", "WITHOUT_TAKE_BACK_ONCE"}

# Less than a minute each on an idle machine.
pytestmark = pytest.mark.timeout(900)


def verify(folder: Path, *definitions: str, optimised: bool) -> str:
    """The verifier's report on the model's whole state space, or on the first violation."""
    spin, gcc = _needed("spin"), _needed("gcc")
    program = folder / "pan"
    # NOREDUCE: all variables are global, so that there is nothing to reduce.
    compiler = ["-O2" if optimised else "-O0", "-w", "-DSAFETY", "-DNOREDUCE", "-DMEMLIM=6000", "-o", str(program)]
    _run([spin, *definitions, "-a", str(MODEL)], folder=folder)
    _run([gcc, *compiler, "pan.c"], folder=folder)
    # A table of 2 to the power of 26 places: 0.5 GB, in which the states of the largest runs seldom meet.
    return _run([str(program), "-m1000000", "-w26" if optimised else "-w24"], folder=folder)


def _run(command: list[str], *, folder: Path) -> str:
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def _needed(program: str) -> str:
    found = shutil.which(program)
    if found is None and os.environ.get("CI") == "true":
        pytest.fail(f"nothing is proven without {program}: apt-get install {program}")
    return found or pytest.skip(f"needs {program}: apt-get install {program}")


@pytest.mark.parametrize("run", RUNS)
def test_no_history_breaks_an_invariant(run: str, tmp_path: Path) -> None:
    report = verify(tmp_path, *RUNS[run], optimised=run not in SMALL)
    assert "errors: 0" in report
    assert "Search not completed" not in report
    assert "max search depth too small" not in report


@pytest.mark.parametrize("guard", GUARDS)
def test_without_this_guard_there_is_a_counterexample(guard: str, tmp_path: Path) -> None:
    bounds = ("-DBUDGET=2", "-DCLAIMS=2") if guard in NEED_TWO_FAULTS else ("-DBUDGET=1",)
    report = verify(tmp_path, *bounds, f"-D{guard}", optimised=False)
    assert "assertion violated" in report
    assert "errors: 1" in report


@pytest.mark.parametrize("ci", ["true", ""])
def test_where_nothing_proves_it_ci_fails_and_a_person_is_told(
    ci: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CI", ci)
    with pytest.raises(pytest.fail.Exception if ci else pytest.skip.Exception, match="apt-get install spin"):
        verify(tmp_path, optimised=False)


def test_the_page_names_every_step_and_every_guard() -> None:
    page = PAGE.read_text()
    steps = set(re.findall(r"^ *:: (\w+)\((?:me|\d|CLAIMS|)\)$", MODEL.read_text(), re.MULTILINE))
    assert len(steps) > 30
    # compensate_late is the broken half of compensate, which exists only without its guard.
    assert sorted(step for step in steps - {"compensate_late"} if f"`{step}`" not in page) == []
    assert [guard for guard in GUARDS if f"`{guard}`" not in page] == []


def _rows(heading: str) -> list[str]:
    """The rows of the table under a heading of the page."""
    section = PAGE.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("| `")]


def _implementation(reference: str) -> object:
    module, _, path = reference.partition(":")
    return functools.reduce(getattr, path.split("."), importlib.import_module(module))


@pytest.mark.parametrize("row", _rows("The steps"))
def test_each_step_is_a_function_that_exists(row: str) -> None:
    references = re.findall(r"`(mediaproc\.[\w.]+:[\w.]+)`", row)
    assert references
    assert [reference for reference in references if not callable(_implementation(reference))] == []


def test_a_function_that_does_not_exist_is_found_out() -> None:
    with pytest.raises(AttributeError):
        _implementation("mediaproc.db.tasks.settle:settle_unfenced")
