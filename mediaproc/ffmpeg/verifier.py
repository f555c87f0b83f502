"""Collects the facts about an output: its boxes, its streams and packets, whether it decodes, and how it differs."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from mediaproc.core.decoding_budget import Film, amount, full_amount
from mediaproc.core.drawn_check import drawn_fault
from mediaproc.core.errors import AttemptFailed, BadSource, ErrorClass
from mediaproc.core.expectation import Expectation, Medium, OutputFacts
from mediaproc.core.packets import PacketFacts
from mediaproc.core.plan.comparison import Sides
from mediaproc.core.plan.decoded_places import Timeline, portions
from mediaproc.core.plan.model import Plan, Variant, VariantName
from mediaproc.core.probe import Probe
from mediaproc.core.report_check import judge_report
from mediaproc.core.verification import Verification, judge
from mediaproc.ffmpeg.copied_streams import audio_fault, unit_fault, video_fault
from mediaproc.ffmpeg.damage_counter import DamageCounter
from mediaproc.ffmpeg.decode_check import Candidate, DecodeCheck, Findings
from mediaproc.ffmpeg.drawn_check import DrawnCheck
from mediaproc.ffmpeg.encode_run import RunReport
from mediaproc.ffmpeg.kinds_seen import KindsSeen
from mediaproc.ffmpeg.mp4_boxes import top_level_boxes
from mediaproc.ffmpeg.prober import Prober
from mediaproc.ffmpeg.room import room_in

# What is tried where something went wrong before is looked at closely.
_LAST_RESORTS = frozenset({VariantName.GENTLE, VariantName.SILENT})

_NOTHING: tuple[Probe, Mapping[int, PacketFacts]] = Probe(format_name=""), {}


@dataclass(frozen=True, kw_only=True)
class Verifier:
    """Examines outputs with ffprobe and ffmpeg, which are confined as for an upload."""

    prober: Prober
    decode_check: DecodeCheck
    drawn_check: DrawnCheck
    kinds: KindsSeen
    damage: DamageCounter

    def verify(
        self,
        output: Path,
        *,
        source: Path,
        plan: Plan,
        variant: Variant,
        run: RunReport | None,
        stop: threading.Event,
    ) -> Verification:
        """The verification of the output; raises as `judge` does."""
        if variant.expectation.medium is Medium.REPORT:
            return judge_report(_beginning(output, expectation=variant.expectation), variant.expectation)
        size = output.stat().st_size if output.is_file() else 0
        probe, packets = self._probe(output, variant=variant, stop=stop) if size else _NOTHING
        facts = OutputFacts(
            size=size,
            probe=probe,
            boxes=top_level_boxes(output) if size else (),
            video_packets=packets.get(probe.videos[0].index, PacketFacts()) if probe.videos else None,
            audio_packets=packets.get(probe.audios[0].index, PacketFacts()) if probe.audios else None,
            # What was complained of was one of many materials, and tells nothing of the output's own pictures.
            complained=run is not None and run.complained and not variant.steps,
            damaged_pictures=self._damaged(source, plan=plan, variant=variant, run=run, stop=stop),
            dropped_pictures=0 if run is None else run.dropped_pictures,
            byte_fault=_byte_fault(output, variant=variant, probe=probe, packets=packets),
        )
        findings = self._findings(output, source=source, plan=plan, variant=variant, facts=facts, run=run, stop=stop)
        facts = replace(facts, decode_errors=findings.decode_errors, difference=findings.difference)
        difference = self._drawn_difference(output, plan=plan, variant=variant, facts=facts, run=run, stop=stop)
        return judge(replace(facts, difference=facts.difference or difference), variant.expectation)

    def _drawn_difference(
        self,
        output: Path,
        *,
        plan: Plan,
        variant: Variant,
        facts: OutputFacts,
        run: RunReport | None,
        stop: threading.Event,
    ) -> str | None:
        """How a drawn output differs from what was planned, where its streams are as planned."""
        drawn = variant.expectation.drawn
        if drawn is None or facts.decode_errors or drawn_fault(facts, drawn) is not None:
            return None
        return self.drawn_check.difference(
            output,
            room=room_in(output.parent),
            plan=plan,
            drawn=drawn,
            formats=variant.expectation.streams.formats,
            complained=run is not None and run.complained,
            stop=stop,
        )

    def _damaged(
        self, source: Path, *, plan: Plan, variant: Variant, run: RunReport | None, stop: threading.Event
    ) -> int:
        """How many pictures the decoder reported as damaged; they are counted anew where the decoder marks none."""
        if run is None or not run.complained or not variant.encodes_video or plan.video is None or run.damaged_pictures:
            return 0 if run is None else run.damaged_pictures
        return self.damage.damaged_pictures(source, video=plan.video, plan=plan, stop=stop)

    def _probe(
        self, output: Path, *, variant: Variant, stop: threading.Event
    ) -> tuple[Probe, Mapping[int, PacketFacts]]:
        try:
            return self.prober.probe_output(output, formats=variant.expectation.streams.formats, stop=stop)
        except BadSource:
            return _NOTHING  # ffprobe cannot read the output: `judge` decides what that means
        except AttemptFailed as error:
            if variant.expectation.is_last:
                raise
            # This output crashed or outlasted ffprobe: that of another variant may not.
            sentence = f"The output could not be looked at: {error}"
            raise AttemptFailed(
                sentence, error_class=ErrorClass.VERIFICATION_FAILED, log_tail=error.log_tail
            ) from error

    def _findings(
        self,
        output: Path,
        *,
        source: Path,
        plan: Plan,
        variant: Variant,
        facts: OutputFacts,
        run: RunReport | None,
        stop: threading.Event,
    ) -> Findings:
        """What decoding the output shows, and comparing it with its source."""
        is_film = variant.expectation.medium is Medium.VIDEO
        # A damaged source is not compared: its pictures decode differently when decoding begins elsewhere.
        comparison = None if facts.complained else plan.comparison
        sides = Sides(
            has_pictures=bool(facts.probe.videos),
            has_sound=bool(facts.probe.audios),
            compares_pictures=comparison is not None and variant.encodes_video and bool(facts.probe.videos),
            compares_sound=comparison is not None and variant.encodes_audio and bool(facts.probe.audios),
        )
        if not (sides.has_pictures or sides.has_sound):
            return Findings()
        pictures = facts.video_packets or PacketFacts()
        film = Film(
            length=facts.probe.duration,
            pictures=pictures.count,
            key_pictures=pictures.keyframes if is_film else 0,
            pixels=facts.probe.videos[0].width * facts.probe.videos[0].height if facts.probe.videos else 0,
            compares_pictures=sides.compares_pictures,
            compares_sound=sides.compares_sound,
        )
        looks_closely = run is None or facts.complained or not is_film or variant.name in _LAST_RESORTS
        is_first = self.kinds.is_first((plan.container, *_codecs(plan), str(variant.name), *variant.flags))
        encode = run.cpu_seconds if run is not None and variant.encodes_video else None
        decoded = full_amount(film) if looks_closely else amount(film, encode_seconds=encode, is_first=is_first)
        timeline = Timeline(
            length=film.length or 0.0,
            times=comparison.times if comparison is not None and sides.compares_pictures else (),
            source_keys=comparison.key_times if comparison is not None else (),
            output_keys=sorted(pictures.seekable_times) if is_film else (),
            sound_end=comparison.end if comparison is not None and sides.compares_sound else 0.0,
            is_cut_by_seeks=comparison is not None and comparison.is_cut_by_seeks,
        )
        candidate = Candidate(output=output, start=facts.probe.start or 0.0, source=source, plan=plan, variant=variant)
        return self.decode_check.findings(
            candidate, sides=sides, portions=portions(decoded, timeline), budget=decoded.budget, stop=stop
        )


def _beginning(output: Path, *, expectation: Expectation) -> bytes:
    """Of a report: one byte more than it may have, so that a longer one is seen."""
    if expectation.report is None or not output.is_file():
        return b""
    with output.open("rb") as file:
        return file.read(expectation.report.most_bytes + 1)


def _codecs(plan: Plan) -> tuple[str, ...]:
    audio = () if plan.comparison is None else plan.comparison.audio
    return tuple(stream.codec for stream in (*((plan.video,) if plan.video else ()), *audio))


def _byte_fault(output: Path, *, variant: Variant, probe: Probe, packets: Mapping[int, PacketFacts]) -> str | None:
    """The fault that the bytes of an mp4's streams show, if any."""
    fault = None
    if variant.expectation.medium is Medium.VIDEO and probe.videos and probe.videos[0].codec == "h264":
        fault = unit_fault(output, places=packets.get(probe.videos[0].index, PacketFacts()).places)
    if fault is None and variant.expectation.copied.video and probe.videos:
        walked = packets.get(probe.videos[0].index, PacketFacts())
        fault = video_fault(output, packets=walked, keeps_units=variant.expectation.copied.keeps_units)
    if fault is None and variant.expectation.copied.audio and probe.audios:
        audio = probe.audios[0]
        places = packets.get(audio.index, PacketFacts()).key_places
        fault = audio_fault(output, places=places, channels=audio.channels)
    return fault
