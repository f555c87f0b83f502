"""`make reports`: every case through the product, judged, and sound against picture; into docs/reference/reports.md."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.corpus.manifest import corpus_folder, read_manifest
from tests.corpus.product import product_in
from tests.reports.case_runner import CaseRunner, CaseVerdict
from tests.reports.cases import load_reports, reports_folder
from tests.reports.document import Measured, document
from tests.reports.synchrony import Film, synchrony

_DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "reference" / "reports.md"


def main() -> int:
    arguments = _arguments()
    folder = reports_folder()
    if folder is None:
        sys.stderr.write("The reports are not there: put them at ../shared/reports or set MEDIAPROC_TEST_REPORTS.\n")
        return 1
    reports = load_reports(folder)
    chrome = not arguments.no_chrome and reports.has_chromium()
    with tempfile.TemporaryDirectory() as folder_name:
        scratch = Path(folder_name)
        runner = CaseRunner(reports=reports, folder=arguments.cases or scratch / "cases", home=scratch / "reports")
        sys.stderr.write(f"The product works on {len(reports.cases)} cases ...\n")
        verdicts = runner.verdicts(reports.cases, chrome=chrome)
        corpus = _films_of_the_corpus(scratch / "corpus")
        sys.stderr.write("Sound is measured against picture ...\n")
        measured = _measured([*_films(verdicts, folder=runner.folder), *corpus])
    text = document(verdicts, measured, chrome=chrome, corpus=bool(corpus))
    _DOCUMENT.write_text(text)
    sys.stdout.write(text)
    return 0 if all(verdict.accepted for verdict in verdicts) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.reports", description=__doc__)
    parser.add_argument("--cases", type=Path, metavar="FOLDER", help="made there before, or made into it now")
    parser.add_argument("--no-chrome", action="store_true", help="play nothing in Chromium, which takes two minutes")
    return parser.parse_args()


def _films(verdicts: Sequence[CaseVerdict], *, folder: Path) -> list[Film]:
    """Of the cases that are one file each; those that are folders have no sound."""
    return [
        Film(
            name=verdict.case.file,
            source=folder / verdict.case.file,
            output=Path(answer["output"]),
            expect=verdict.case.expect,
        )
        for verdict in verdicts
        for answer in verdict.answers
        if answer["outcome"] == "completed" and "names" not in verdict.case.expect
    ]


def _films_of_the_corpus(home: Path) -> list[Film]:
    folder = corpus_folder()
    if folder is None:
        return []
    samples = read_manifest(folder)
    sys.stderr.write(f"The product works on {len(samples)} files of the corpus ...\n")
    processed = product_in(home).run([sample.path for sample in samples])
    outputs = [(sample, processed[sample.path].output) for sample in samples]
    return [
        Film(name=sample.name, source=sample.path, output=output) for sample, output in outputs if output is not None
    ]


def _measured(films: Sequence[Film]) -> list[Measured]:
    with ThreadPoolExecutor(max_workers=2) as pool:
        found = pool.map(synchrony, films)
    return [
        Measured(name=film.name, synchrony=each) for film, each in zip(films, found, strict=True) if each is not None
    ]


if __name__ == "__main__":
    sys.exit(main())
