"""The corpus as a table for people: what the product made of each file, and plain ffmpeg beside it."""

from collections.abc import Iterator, Mapping, Sequence

from tests.corpus.manifest import Sample
from tests.corpus.plain_ffmpeg import Plain
from tests.corpus.product import ProcessedFile

_HEAD = ("file", "decision", "flags", "verification", "time", "plain ffmpeg", "time")


def table(samples: Sequence[Sample], *, processed: Mapping[str, ProcessedFile], plain: Mapping[str, Plain]) -> str:
    """Markdown, with the sums on top."""
    rows = [_row(sample, processed[sample.name], plain[sample.name]) for sample in samples]
    lines = (_line(_HEAD), _line(["---"] * len(_HEAD)), *map(_line, rows))
    return "\n".join((*_sums(samples, processed, plain), "", *lines, ""))


def _sums(
    samples: Sequence[Sample], processed: Mapping[str, ProcessedFile], plain: Mapping[str, Plain]
) -> Iterator[str]:
    good = [sample for sample in samples if sample.ok]
    done = [sample for sample in samples if processed[sample.name].outcome == "completed"]
    salvaged = sum(processed[sample.name].verification == "salvaged" for sample in done)
    copied = sum(processed[sample.name].decision == "copy" for sample in done)
    away = [processed[sample.name].outcome for sample in samples]
    yield "# What becomes of 149 real files"
    yield ""
    yield "Written by `make corpus`. `plain ffmpeg` is `ffmpeg -i in -c:v libx264 -pix_fmt yuv420p -c:a aac out.mp4`."
    yield ""
    yield (
        f"Of {len(samples)} files, of which {len(good)} hold a film that can be saved: {len(done)} completed"
        f" ({len(done) - salvaged} verified, {salvaged} salvaged; {copied} by copying the picture),"
        f" {away.count('rejected')} rejected, {away.count('refused')} refused at enqueue,"
        f" {len(samples) - len(done) - away.count('rejected') - away.count('refused')} otherwise."
    )
    ends = [plain[sample.name] for sample in samples]
    yield ""
    yield (
        f"Plain ffmpeg fails on {sum(end.code != 0 for end in ends)} and ends with 0 and no picture on"
        f" {sum(end.code == 0 and not end.frames for end in ends)}."
    )


def _row(sample: Sample, file: ProcessedFile, plain: Plain) -> Sequence[str]:
    if file.outcome == "completed":
        ratio = "" if file.ratio is None else f" {file.ratio:.0%}"
        decision, flags, verdict = file.decision, ", ".join(file.flags), f"{file.verification}{ratio}"
    else:
        decision, flags, verdict = file.outcome, file.error_class, file.error
    return (f"`{sample.name}`", decision, flags, verdict, _time(file.seconds), str(plain), _time(plain.seconds))


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds else ""


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
