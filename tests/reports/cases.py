"""The cases of public bug reports: their folder, and a typed interface to its two programs.

make_cases.py makes the uploads; judge.py runs the product over them, measures what came out, and says what is wrong.
Neither shares code with the product.
"""

import importlib
import os
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "reports"

# One line of `transcode --json`, about one file; and the lines about all files, by profile.
Answer: TypeAlias = Mapping[str, Any]
Answers: TypeAlias = Mapping[str, Sequence[Answer]]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One upload; `expect` is what judge.py measures, in its words, and `made_by` what make_cases.py knows of it."""

    number: str
    file: str
    what: str
    right: str
    expect: Mapping[str, Any]
    made_by: object

    def answers(self, said: Answers, *, profile: str = "mp4") -> list[Answer]:
        """The product's answers about this upload: one for each file, where it is a folder."""
        return [
            answer
            for answer in said.get(profile, ())
            if self.file in (Path(answer["path"]).name, Path(answer["path"]).parent.name)
        ]


@dataclass(frozen=True, kw_only=True)
class Reports:
    """The cases, and the two programs of their folder as modules."""

    cases: Sequence[Case]
    making: Any
    judging: Any

    def of(self, numbers: Collection[str]) -> Sequence[Case]:
        """The cases with these numbers."""
        return [case for case in self.cases if case.number in numbers]

    def make(self, cases: Sequence[Case], *, folder: Path) -> None:
        """Makes the uploads that are not in the folder yet."""
        failures = self.making.make([case.made_by for case in cases], folder)
        if failures:
            raise AssertionError("\n".join(failures))

    def run(self, cases: Sequence[Case], *, folder: Path, out: Path, environment: Mapping[str, str]) -> Answers:
        """Runs the product over them, and once more for each other profile that a case asks for."""
        answers: Answers = self.judging.run(
            [sys.executable, "-m", "mediaproc"],
            [case.made_by for case in cases],
            folder.resolve(),
            out.resolve(),
            dict(environment),
        )
        return answers

    def faults(self, cases: Sequence[Case], said: Answers, *, folder: Path, chrome: bool) -> Sequence[Sequence[str]]:
        """What is wrong with each; `chrome` plays some of them in a real browser as well."""
        judged = self.judging.judged([case.made_by for case in cases], said, folder.resolve(), chrome)
        return [faults for _, faults in judged]

    def pictures(self, film: Path) -> int:
        """How many pictures decode."""
        return len(self.judging.pictures(film)[0])

    def has_chromium(self) -> bool:
        """Whether there is a browser to play in."""
        return self.judging.chromium() is not None


def reports_folder() -> Path | None:
    """The folder that MEDIAPROC_TEST_REPORTS names, else the one beside the project; None where there is none."""
    folder = Path(os.environ.get("MEDIAPROC_TEST_REPORTS") or _BESIDE)
    return folder if (folder / "make_cases.py").is_file() else None


def load_reports(folder: Path) -> Reports:
    """All cases, in their order."""
    with _importable(folder):
        making, judging = importlib.import_module("make_cases"), importlib.import_module("judge")
    return Reports(cases=[_case(each) for each in making.CASES], making=making, judging=judging)


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Inside the block its programs can be imported; no bytecode is written into the folder."""
    path, dont_write = list(sys.path), sys.dont_write_bytecode
    sys.path.insert(0, str(folder.resolve()))
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        sys.path[:], sys.dont_write_bytecode = path, dont_write


def _case(each: Any) -> Case:  # noqa: ANN401 - make_cases.py has no types
    return Case(number=each.number, file=each.file, what=each.what, right=each.right, expect=each.expect, made_by=each)
