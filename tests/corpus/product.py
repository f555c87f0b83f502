"""Runs the whole product over a set of files from outside: enqueue, an executor, and `tasks show` for the outcomes."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.parts.settings import without_settings

# Seconds; an executor that takes longer over so many small files hangs.
_PATIENCE = 1500


@dataclass(frozen=True, kw_only=True)
class ProcessedFile:
    """One file after its run; `outcome`: completed, rejected, failed, refused (at enqueue) or the status of its row."""

    outcome: str
    decision: str = ""
    flags: tuple[str, ...] = ()
    verification: str = ""
    ratio: float | None = None
    error_class: str = ""
    error: str = ""
    seconds: float = 0.0
    transcode_seconds: float = 0.0
    output: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Product:
    """An installation of one machine in a folder of its own."""

    home: Path
    environment: Mapping[str, str]

    def run(self, paths: Sequence[Path], *, profile: str = "mp4") -> dict[Path, ProcessedFile]:
        """Enqueues the files, lets an executor finish them, and tells what became of each."""
        listed = "\n".join(map(str, paths)) + "\n"
        said = self._json_lines("enqueue", "--profile", profile, "--json", "-", given=listed, codes={0, 1})
        answers = {Path(str(line["path"])): line for line in said}
        self._command("executor", "--until-idle", "--log-level", "error")
        tasks = [str(line["id"]) for line in self._json_lines("tasks", "list", "--all", "--json", "--limit", "10000")]
        shown = self._json_lines("tasks", "show", "--json", *tasks) if tasks else []
        by_id = {line["id"]: line for line in shown}
        return {path: self._processed_file(answer, by_id.get(answer["task"])) for path, answer in answers.items()}

    def scratch_left(self) -> list[Path]:
        """The private folders that attempts left behind."""
        return [path for path in (self.home / "scratch").glob("*") if not path.name.startswith(".")]

    def _processed_file(self, answer: Mapping[str, object], task: Mapping[str, object] | None) -> ProcessedFile:
        if task is None:
            error_class, error = str(answer["error_class"] or ""), str(answer["error"] or "")
            return ProcessedFile(outcome=str(answer["status"]), error_class=error_class, error=error)
        attempts, rendition = task["attempts"], task.get("rendition") or {}
        assert isinstance(attempts, list)
        assert isinstance(rendition, dict)
        stages = attempts[-1]["stage_seconds"] if attempts else {}
        key = rendition.get("output_key")
        return ProcessedFile(
            outcome=str(task["outcome"] or task["status"]),
            decision=rendition.get("decision") or "",
            flags=tuple(rendition.get("flags") or ()),
            verification=rendition.get("verification") or "",
            ratio=rendition.get("salvaged_ratio"),
            error_class=str(task["error_class"] or ""),
            error=str(task["error"] or ""),
            seconds=sum(stages.values()),
            transcode_seconds=stages.get("transcode", 0.0),
            output=self.home / "store" / str(key) if key else None,
        )

    def _json_lines(
        self, *arguments: str, given: str = "", codes: frozenset[int] | set[int] = frozenset({0})
    ) -> list[dict[str, object]]:
        return [json.loads(line) for line in self._command(*arguments, given=given, codes=codes).splitlines()]

    def _command(self, *arguments: str, given: str = "", codes: frozenset[int] | set[int] = frozenset({0})) -> str:
        command = [sys.executable, "-m", "mediaproc", *arguments]
        answer = subprocess.run(
            command, input=given, capture_output=True, text=True, env=self.environment, timeout=_PATIENCE, check=False
        )
        if answer.returncode not in codes:
            raise AssertionError(f"{' '.join(arguments[:2])} ended with {answer.returncode}: {answer.stderr[-2000:]}")
        return answer.stdout


def product_in(folder: Path, **settings: str) -> Product:
    """An installation that knows no setting but these (without the prefix, in lower case)."""
    own = {f"MEDIAPROC_{name.upper()}": value for name, value in {"home": str(folder), **settings}.items()}
    return Product(home=folder, environment={**without_settings(), **own})
