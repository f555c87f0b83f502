"""Runs the reported cases through the whole product, and assesses what comes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.parts.settings import without_settings
from tests.reports import highest_rate
from tests.reports.cases import Answer, Answers, Case, Reports


@dataclass(frozen=True, kw_only=True)
class CaseVerdict:
    """The product's answers for a case (one for each file, where the case is a folder), and what is wrong with them.

    `told` is the flag by which the product told that it left something out, which is no fault.
    """

    case: Case
    answers: Sequence[Answer]
    faults: Sequence[str]
    told: str = ""

    @property
    def accepted(self) -> bool:
        """Whether the output is right, or the product told what it left out."""
        return not self.faults


@dataclass(frozen=True, kw_only=True)
class CaseRunner:
    """Cases made into one folder, and an installation of the product in another."""

    reports: Reports
    folder: Path
    home: Path

    def verdicts(self, cases: Sequence[Case], *, chrome: bool) -> Sequence[CaseVerdict]:
        """Makes the cases, runs the product over them, and assesses its answers."""
        self.reports.make(cases, folder=self.folder)
        said = self.reports.run(cases, folder=self.folder, out=self.home / "out", environment=self.environment)
        return self.assess(cases, said, chrome=chrome)

    def assess(self, cases: Sequence[Case], said: Answers, *, chrome: bool) -> Sequence[CaseVerdict]:
        """The verdicts about the product's answers."""
        faults = self.reports.faults(cases, said, folder=self.folder, chrome=chrome)
        found = [
            CaseVerdict(case=case, answers=case.answers(said), faults=each)
            for case, each in zip(cases, faults, strict=True)
        ]
        return [self._told(each) if each.case.number == highest_rate.CASE else each for each in found]

    def _told(self, verdict: CaseVerdict) -> CaseVerdict:
        """Assesses case 08 under a profile that allows every picture; `highest_rate` tells why."""
        if len(verdict.answers) != 1:
            return verdict
        [answer] = verdict.answers
        pictures = self.reports.pictures(Path(answer["output"])) if answer["outcome"] == "completed" else 0
        if not highest_rate.is_thinned(answer, pictures=pictures):
            return verdict
        faults = highest_rate.faults_at_240(
            self.reports,
            verdict.case,
            folder=self.folder,
            out=self.home / "at-240",
            environment=self.environment,
        )
        return verdict if faults is None else replace(verdict, faults=faults, told=highest_rate.TOLD)

    @property
    def environment(self) -> Mapping[str, str]:
        return {**without_settings(), "MEDIAPROC_HOME": str(self.home)}
