"""The protocol's model: its invariants hold in every state, and no guard can be spared."""

import importlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

MODEL = Path(__file__).with_name("protocol.pml")
PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "protocol.md"

GUARDS = sorted(set(re.findall(r"WITHOUT_[A-Z_]*[A-Z]", MODEL.read_text())))
# The bits of FAULTS in the model. A partition leads to so many states that only two claims fit.
KINDS = {
    "stops": ("-DFAULTS=1",),
    "kills": ("-DFAULTS=2",),
    "cuts": ("-DFAULTS=4",),
    "locks": ("-DFAULTS=8",),
    "partitions": ("-DFAULTS=16", "-DCLAIMS=2"),
    "crashes": ("-DFAULTS=32",),
    "cancels": ("-DFAULTS=64",),
}
# What goes wrong without these takes a second fault.
NEED_TWO_FAULTS = {"WITHOUT_SECOND_LOOK", "WITHOUT_TAKE_BACK_ONCE"}

needs_spin = pytest.mark.skipif(
    not (shutil.which("spin") and shutil.which("gcc")),
    reason="needs the programs spin and gcc: apt-get install spin gcc",
)


# Less than a minute each on an idle machine.
pytestmark = pytest.mark.timeout(900)


def verify(folder: Path, *definitions: str, optimised: bool) -> str:
    """What the verifier says of the model's whole state space, or of the first violation that it meets."""
    program = folder / "pan"
    # NOREDUCE: all variables are global, so that there is nothing to reduce.
    compiler = ["-O2" if optimised else "-O0", "-w", "-DSAFETY", "-DNOREDUCE", "-DMEMLIM=6000", "-o", str(program)]
    _run([_which("spin"), *definitions, "-a", str(MODEL)], folder=folder)
    _run([_which("gcc"), *compiler, "pan.c"], folder=folder)
    return _run([str(program), "-m1000000", "-w24"], folder=folder)


def _run(command: list[str], *, folder: Path) -> str:
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def _which(program: str) -> str:
    return shutil.which(program) or program


@needs_spin
def test_two_faults_anywhere_break_no_invariant(tmp_path: Path) -> None:
    told = verify(tmp_path, "-DBUDGET=2", optimised=True)
    assert "errors: 0" in told
    assert "Search not completed" not in told
    assert "max search depth too small" not in told


@needs_spin
@pytest.mark.parametrize("kind", KINDS)
def test_any_number_of_faults_of_one_kind_breaks_no_invariant(kind: str, tmp_path: Path) -> None:
    told = verify(tmp_path, *KINDS[kind], optimised=kind in {"stops", "partitions"})
    assert "errors: 0" in told
    assert "Search not completed" not in told
    assert "max search depth too small" not in told


@needs_spin
@pytest.mark.parametrize("guard", GUARDS)
def test_without_this_guard_there_is_a_counterexample(guard: str, tmp_path: Path) -> None:
    # Most show with one fault already, in a small part of the time.
    told = verify(tmp_path, f"-DBUDGET={2 if guard in NEED_TWO_FAULTS else 1}", f"-D{guard}", optimised=False)
    assert "assertion violated" in told
    assert "errors: 1" in told


def test_the_page_names_every_step_and_every_guard() -> None:
    page = PAGE.read_text()
    steps = set(re.findall(r"^ *:: (\w+)\((?:me|\d|CLAIMS|)\)$", MODEL.read_text(), re.MULTILINE))
    assert len(steps) > 30
    # compensate_late is the broken half of compensate, there only without its guard.
    assert sorted(step for step in steps - {"compensate_late"} if f"`{step}`" not in page) == []
    assert [guard for guard in GUARDS if f"`{guard}`" not in page] == []


@pytest.mark.parametrize("reference", sorted(set(re.findall(r"`(mediaproc\.[\w.]+:[\w.]+)`", PAGE.read_text()))))
def test_what_implements_a_step_exists(reference: str) -> None:
    module, _, path = reference.partition(":")
    found = importlib.import_module(module)
    for name in path.split("."):
        found = getattr(found, name)
    assert callable(found) or found is not None
