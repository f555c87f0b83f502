"""Examines a source before its upload: it is read once, and each profile says whether it can make something."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from mediaproc.core.decoders import decodable_by_a_whole_build, lacking_for
from mediaproc.core.errors import AttemptFailed, BadSource, ErrorClass
from mediaproc.core.limits import Limits
from mediaproc.core.plan import make_plan
from mediaproc.core.probe import Probe
from mediaproc.core.profile import Profile
from mediaproc.core.source_kind import is_planned_at_once, is_zip
from mediaproc.core.source_type import DRAFT, SourceType, source_type
from mediaproc.core.timeline import Timeline
from mediaproc.enqueue.draft_sources import examine_draft
from mediaproc.enqueue.source_file import SourceFile
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.processors import Processors


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a source holds: the probe of a film with its packets, the timeline of a draft, or nothing that is known."""

    probe: Probe | None = None
    timeline: Timeline | None = None


@dataclass(frozen=True, kw_only=True)
class Examination:
    """What a source is and holds, the file that was looked at, and the refusals by profile."""

    kind: SourceType
    facts: Facts
    path: Path
    misfits: Mapping[str, BadSource]


def examine(
    source: SourceFile,
    *,
    runner: FfmpegRunner,
    processors: Processors,
    wanted: Mapping[str, Profile],
    limits: Limits,
    decodes_alone: bool,
    stop: Event,
) -> Examination:
    """What the source is, and which of the wanted profiles can make nothing of it, by its head alone.

    Raises:
        BadSource: every profile refuses the file; of a large one the packets were not read then.
        AttemptFailed, Unavailable, Stopped: as FfmpegRunner.probe.
    """
    path = source.path.resolve()
    if is_zip(source.head):
        draft = examine_draft(path, wanted=wanted)
        refused = {**draft.misfits, **not_accepted(wanted, mime_type=DRAFT.mime_type, processors=processors)}
        _require_one(wanted, refused)
        return Examination(kind=DRAFT, facts=Facts(timeline=draft.timeline), path=path, misfits=refused)
    misfits: dict[str, BadSource] = {}

    def judge(facts: Probe) -> None:
        mime_type = source_type(facts.format_name, head=source.head).mime_type
        misfits.update(not_accepted(wanted, mime_type=mime_type, processors=processors))
        misfits.update(misfits_of(facts, wanted=wanted, limits=limits, decodes_alone=decodes_alone))
        _require_one(wanted, misfits)

    probe = runner.probe(path, stop=stop, judge=judge)
    kind = source_type(probe.format_name, head=source.head)
    return Examination(kind=kind, facts=Facts(probe=probe), path=path, misfits=misfits)


def not_accepted(wanted: Mapping[str, Profile], *, mime_type: str, processors: Processors) -> Mapping[str, BadSource]:
    """Why each profile whose processor makes nothing of files of this type refuses one."""
    refusals = {}
    for name, profile in wanted.items():
        # Its bug is for the attempts to tell: other nodes may have another version of it.
        with suppress(AttemptFailed):
            refusals[name] = processors.refusal(profile, mime_type=mime_type)
    return {name: refusal for name, refusal in refusals.items() if refusal is not None}


def _require_one(wanted: Mapping[str, Profile], misfits: dict[str, BadSource]) -> None:
    if len(misfits) == len(wanted):
        raise next(reversed(misfits.values()))


def misfits_of(
    facts: Probe, *, wanted: Mapping[str, Profile], limits: Limits, decodes_alone: bool
) -> Mapping[str, BadSource]:
    """Why each profile that refuses the source does so."""
    probe = facts if decodes_alone else decodable_by_a_whole_build(facts)
    misfits: dict[str, BadSource] = {}
    for name, profile in wanted.items():
        if not is_planned_at_once(profile):
            continue
        try:
            _refuse_lacking(probe, profile=profile)
            make_plan(probe, profile=profile, threads=1, limits=limits)
        except BadSource as error:
            misfits[name] = error
    return misfits


def _refuse_lacking(probe: Probe, *, profile: Profile) -> None:
    lacking = lacking_for(probe, medium=profile.medium)
    if lacking:
        raise BadSource(
            f"The ffmpeg of this machine lacks the decoder for {' and '.join(lacking)}: install a whole build of it, or"
            " name one in MEDIAPROC_FFMPEG.",
            error_class=ErrorClass.DECODER_MISSING,
        )
