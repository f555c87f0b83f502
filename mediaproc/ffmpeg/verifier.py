"""Collects the facts about an output: its boxes, its streams and packets, whether it decodes, and how it differs."""

import math
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mediaproc.core.errors import AttemptFailed, BadSource, ErrorClass
from mediaproc.core.expectation import OutputFacts
from mediaproc.core.limits import Limits, input_limits
from mediaproc.core.packets import PacketFacts
from mediaproc.core.plan.model import Plan, Variant
from mediaproc.core.probe import Probe
from mediaproc.core.verification import Verification, decode_slices, judge
from mediaproc.ffmpeg import child, failure
from mediaproc.ffmpeg.comparer import Comparer
from mediaproc.ffmpeg.copied_streams import audio_fault, video_fault
from mediaproc.ffmpeg.damage_counter import DamageCounter
from mediaproc.ffmpeg.mp4_boxes import top_level_boxes
from mediaproc.ffmpeg.prober import Prober
from mediaproc.ffmpeg.sandbox import Sandbox
from mediaproc.ffmpeg.transcoder import RunReport, rlimits_for
from mediaproc.ffmpeg.watchdog import WatchdogLimits

_NOTHING: tuple[Probe, Mapping[int, PacketFacts]] = Probe(format_name=""), {}


@dataclass(frozen=True, kw_only=True)
class Verifier:
    """Examines outputs with ffprobe and ffmpeg, which are confined as for an upload."""

    ffmpeg: Path
    prober: Prober
    comparer: Comparer
    damage: DamageCounter
    sandbox: Sandbox
    limits: Limits

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
        size = output.stat().st_size if output.is_file() else 0
        probe, packets = self._probe(output, variant=variant, stop=stop) if size else _NOTHING
        complained = run is not None and run.complained
        facts = OutputFacts(
            size=size,
            probe=probe,
            boxes=top_level_boxes(output) if size else (),
            video_packets=packets.get(probe.videos[0].index, PacketFacts()) if probe.videos else None,
            audio_packets=packets.get(probe.audios[0].index, PacketFacts()) if probe.audios else None,
            decode_errors=self._decode(output, plan=plan, variant=variant, probe=probe, stop=stop)
            if probe.videos or probe.audios
            else "",
            complained=complained,
            damaged_pictures=self._damaged(source, plan=plan, variant=variant, run=run, stop=stop),
            dropped_pictures=0 if run is None else run.dropped_pictures,
            copy_fault=_copy_fault(output, variant=variant, probe=probe, packets=packets),
            # A damaged source is not compared: its pictures decode differently when decoding begins elsewhere.
            difference=None
            if complained or not size
            else self.comparer.difference(
                output, source=source, plan=plan, variant=variant, output_start=probe.start or 0.0, stop=stop
            ),
        )
        return judge(facts, variant.expectation)

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

    def _decode(self, output: Path, *, plan: Plan, variant: Variant, probe: Probe, stop: threading.Event) -> str:
        """The decoder's errors in the slices that `decode_slices` chooses, empty when there are none."""
        confined = self.sandbox.for_child(source=output)
        inputs = list(_slices(probe.duration))
        arguments = [
            # `hash`, since `null` gives false alarms on variable frame rates.
            *("-hide_banner", "-nostdin", "-v", "error", "-xerror"),
            *(argument for options in inputs for argument in self._input(options, confined.source_url, variant)),
            *(argument for place in range(len(inputs)) for argument in ("-map", str(place))),
            # With a fine time base: with one of the guessed rate, pictures of an uneven rate would seem to go back.
            *("-fps_mode", "passthrough", "-enc_time_base:v", "1/90000", "-filter_threads", "1", "-threads", "1"),
            *("-f", "hash", "-hash", "murmur3", "-"),
        ]
        command = confined.command(
            self.ffmpeg,
            arguments=arguments,
            rlimits=rlimits_for(plan, variant=variant, wall=plan.wall_limit, inputs=len(inputs)),
        )
        ended = child.run(command, limits=WatchdogLimits(wall=plan.wall_limit), stop=stop, on_output=lambda _: None)
        error = failure.refusal(ended, program="ffmpeg", sandbox=self.sandbox)
        if error is not None:
            raise error
        # Errors with which ffmpeg goes on do not count: behind a seek the first pictures may lack their references.
        return "" if ended.code == 0 else ended.log_tail or f"code {ended.code}"

    def _input(self, options: tuple[str, ...], url: str, variant: Variant) -> tuple[str, ...]:
        limits = input_limits(self.limits, formats=variant.expectation.streams.formats)
        # One thread: the slot has one core, and the slices are decoded one after the other.
        return (*limits, "-threads", "1", *options, "-i", url)


def _copy_fault(output: Path, *, variant: Variant, probe: Probe, packets: Mapping[int, PacketFacts]) -> str | None:
    """The fault that the bytes of streams copied into an mp4 show, if any."""
    fault = None
    if variant.expectation.copied.video and probe.videos:
        walked = packets.get(probe.videos[0].index, PacketFacts())
        fault = video_fault(output, packets=walked, keeps_units=variant.expectation.copied.keeps_units)
    if fault is None and variant.expectation.copied.audio and probe.audios:
        audio = probe.audios[0]
        places = packets.get(audio.index, PacketFacts()).key_places
        fault = audio_fault(output, places=places, channels=audio.channels)
    return fault


def _slices(duration: float | None) -> Iterator[tuple[str, ...]]:
    for start, length in decode_slices(duration):
        yield () if math.isinf(length) else ("-ss", str(start), "-t", str(length))
