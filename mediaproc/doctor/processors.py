"""Examines the processors: which there are, what brings each, and which cannot be used."""

from collections.abc import Iterator
from dataclasses import dataclass

from mediaproc.core.profile import BUILT_IN
from mediaproc.doctor.findings import Finding, State
from mediaproc.processors import GuardedProcessor, Processors


@dataclass(frozen=True, kw_only=True)
class ProcessorFinding(Finding):
    """A processor that can be used, also for programs: what brings it, and the profiles that it plans."""

    name: str
    distribution: str
    version: str
    profiles: tuple[str, ...]


def examine_processors(processors: Processors) -> Iterator[Finding]:
    """A finding for each processor; a broken one is worth a look and holds nobody up."""
    for processor in processors.all():
        yield _of(processor)
    for sentence in processors.broken:
        fact, _, remedy = sentence.rpartition(": ")
        remedy = remedy[:1].upper() + remedy[1:]
        yield Finding(part="processor", state=State.WARNING, fact=fact, remedy=remedy)


def _of(processor: GuardedProcessor) -> ProcessorFinding:
    planned = [profile.name for profile in BUILT_IN.values() if profile.processor == processor.name]
    names = (*planned, *(profile.name for profile in processor.profiles))
    brought = processor.candidate
    return ProcessorFinding(
        part=f"processor {processor.name}",
        state=State.FINE,
        fact=f"{', '.join(names) or 'no profile'} ({brought.distribution} {brought.version})",
        name=processor.name,
        distribution=brought.distribution,
        version=brought.version,
        profiles=names,
    )
