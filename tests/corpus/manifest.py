"""The corpus of real files: where it is, and what its manifest says of each."""

import csv
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "corpus"


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One real file; `reference` and `naive` tell what a careful pipeline and plain ffmpeg made of its first 5 s."""

    name: str
    path: Path
    sha256: str
    size: int
    tags: frozenset[str]
    reference: str
    naive: str

    @property
    def ok(self) -> bool:
        """Whether the careful pipeline got a film out of it."""
        return self.reference.startswith("ok")


def corpus_folder() -> Path | None:
    """The folder that MEDIAPROC_TEST_CORPUS names, else the one beside the project; None where there is none."""
    folder = Path(os.environ.get("MEDIAPROC_TEST_CORPUS") or _BESIDE)
    return folder if (folder / "MANIFEST.tsv").is_file() else None


def read_manifest(folder: Path) -> tuple[Sample, ...]:
    """Every file that the manifest names, in its order."""
    with (folder / "MANIFEST.tsv").open(newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return tuple(_sample(folder, row) for row in rows)


def _sample(folder: Path, row: Mapping[str, str]) -> Sample:
    return Sample(
        name=row["file"],
        path=folder / row["file"],
        sha256=row["sha256"],
        size=int(row["bytes"]),
        tags=frozenset(row["tags"].split()),
        reference=row["reference"],
        naive=row["naive"],
    )
