"""Lets the product make films of drafts, as a person does: `mediaproc transcode`, in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.parts.settings import without_settings

# Seconds for all drafts of one call.
_PATIENCE = 3000
# Runs the command and tells, in a line of its own, how much memory its largest process had.
_MEASURED = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[2:]).returncode
with open(sys.argv[1], "w") as file:
    file.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(code)
"""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What became of one draft; `notes` are (feature, done, name), `film` is None where there is none."""

    outcome: str
    error: str
    film: Path | None
    notes: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Run:
    """One call of the program over some drafts."""

    answers: Mapping[Path, Answer]
    code: int
    said: str
    # Megabytes of its largest process.
    memory: float


def draw(drafts: Sequence[Path], *, home: Path, profile: str = "draft", **settings: str) -> Run:
    """Make a film of each draft, in an installation of its own; these settings by their names without the prefix."""
    home.mkdir(parents=True, exist_ok=True)
    out, memory = home / "films", home / "memory"
    own = {f"MEDIAPROC_{name.upper()}": value for name, value in {"home": str(home), **settings}.items()}
    command = ["transcode", *map(str, drafts), "--out", str(out), "--profile", profile, "--json"]
    run = subprocess.run(
        [sys.executable, "-c", _MEASURED, str(memory), sys.executable, "-m", "mediaproc", *command],
        capture_output=True,
        text=True,
        env={**without_settings(), **own},
        timeout=_PATIENCE,
        check=False,
    )
    lines = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    return Run(
        answers={Path(line["path"]): _answer(line) for line in lines},
        code=run.returncode,
        said=run.stderr,
        memory=int(memory.read_text()) / 1024,
    )


def _answer(line: Mapping[str, Any]) -> Answer:
    notes = tuple((note["feature"], note["done"], note["name"] or "") for note in line.get("notes") or ())
    return Answer(
        outcome=line["outcome"],
        error=line["error"] or "",
        film=Path(line["output"]) if line["output"] else None,
        notes=notes,
    )
