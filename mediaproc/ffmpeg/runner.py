"""ffmpeg for the rest of the program: probe a source, transcode it, verify what came out."""

import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from mediaproc.core.limits import MATERIAL_FORMATS, STALL_LIMIT, Limits
from mediaproc.core.material import require_usable, told_of_material
from mediaproc.core.plan.model import Plan, Variant
from mediaproc.core.probe import Probe
from mediaproc.core.progress import Progress
from mediaproc.core.verification import Verification
from mediaproc.ffmpeg.capabilities import missing_decoders
from mediaproc.ffmpeg.damage_counter import DamageCounter
from mediaproc.ffmpeg.decode_check import DecodeCheck
from mediaproc.ffmpeg.drawn_check import DrawnCheck
from mediaproc.ffmpeg.encode_run import RunReport
from mediaproc.ffmpeg.kinds_seen import KindsSeen
from mediaproc.ffmpeg.material_check import MaterialCheck
from mediaproc.ffmpeg.probe_records import ProbeRecords
from mediaproc.ffmpeg.prober import Prober
from mediaproc.ffmpeg.process_hardening import hide_from_same_user
from mediaproc.ffmpeg.room import room_in
from mediaproc.ffmpeg.sandbox import Sandbox
from mediaproc.ffmpeg.step_runner import StepRunner
from mediaproc.ffmpeg.tools import Tools, require_programs
from mediaproc.ffmpeg.transcoder import Transcoder
from mediaproc.ffmpeg.verifier import Verifier

__all__ = ["Confinement", "FfmpegRunner", "RunReport"]


@dataclass(frozen=True, kw_only=True)
class Confinement:
    """What doctor and status say of this node: the programs, and how far a hostile upload could reach."""

    ffmpeg: Path
    ffprobe: Path
    version: str
    isolated: bool
    filtered: bool
    sentence: str


class FfmpegRunner:
    """One per process, used by all its threads; each call starts its children from the calling thread and waits.

    Where no bubblewrap hides this process from its children, the process hides itself for good (`process_hardening`).
    Every call raises Stopped soon after `stop` is set, once its children are gone.
    """

    def __init__(
        self, tools: Tools, *, sandbox: Sandbox, limits: Limits | None = None, stall_limit: float = STALL_LIMIT
    ) -> None:
        limits = limits if limits is not None else Limits()
        self._tools, self._sandbox, self._limits = tools, sandbox, limits
        if not sandbox.isolates:
            hide_from_same_user()
        self._prober = Prober(ffprobe=tools.ffprobe, ffmpeg=tools.ffmpeg, sandbox=sandbox, limits=limits)
        self._records = ProbeRecords(tools=tools, limits=limits)
        self._transcoder = Transcoder(ffmpeg=tools.ffmpeg, sandbox=sandbox, stall_limit=stall_limit)
        self._steps = StepRunner(tools=tools, sandbox=sandbox, limits=limits, stall_limit=stall_limit)
        self._materials = MaterialCheck(ffmpeg=tools.ffmpeg, sandbox=sandbox, limits=limits)
        self._verifier = Verifier(
            prober=self._prober,
            decode_check=DecodeCheck(ffmpeg=tools.ffmpeg, sandbox=sandbox, limits=limits),
            drawn_check=DrawnCheck(ffmpeg=tools.ffmpeg, sandbox=sandbox, limits=limits, steps=self._steps),
            kinds=KindsSeen(),
            damage=DamageCounter(ffprobe=tools.ffprobe, sandbox=sandbox, limits=limits),
        )

    def probe(
        self,
        source: Path,
        *,
        stop: threading.Event,
        packets: bool = True,
        judge: Callable[[Probe], None] = lambda _facts: None,
    ) -> Probe:
        """The facts about an upload; without `packets` only its head is read, and no stream would be copied.

        `judge` gets the facts of the head before a long film is read; it may raise to end that.

        Raises:
            BadSource, AttemptFailed, Unavailable, Stopped
        """
        with self._sandbox.named(source) as named:
            return self._prober.probe_source(named, packets=packets, stop=stop, judge=judge)

    def probe_material(self, material: Path, *, name: str, stop: threading.Event) -> Probe:
        """The facts about a material of a project, which calls it `name`: a film, a picture, an animation or sound.

        Only its head is read.

        Raises:
            BadSource (whose sentence names the material), AttemptFailed, Unavailable, Stopped
        """
        with told_of_material(name):
            probe = self._prober.probe_source(material, packets=False, stop=stop, formats=MATERIAL_FORMATS)
            require_usable(probe, limits=self._limits)
        return probe

    def record_of(self, probe: Probe, *, file_id: str) -> bytes | None:
        """The facts about a source with these bytes, to be kept with the file; None where they had better not be."""
        return self._records.write(probe, file_id=file_id)

    def probe_of(self, record: bytes, *, file_id: str) -> Probe | None:
        """The facts in a record; None where a probe of these bytes by this runner could find others."""
        return self._records.read(record, file_id=file_id)

    def transcode(
        self,
        plan: Plan,
        *,
        variant: Variant,
        source: Path,
        output: Path,
        on_progress: Callable[[Progress], None],
        stop: threading.Event,
    ) -> RunReport:
        """Makes `output` of `source`; `on_progress` is called from this thread, twice a second.

        A variant with steps makes it of what lies in the attempt's room, beside the output (`room.py`).

        Raises:
            AttemptFailed (with ffmpeg's last lines), BadSource, Unavailable, Stopped; the caller then throws away what
            is left of the output.
        """
        if variant.steps:
            room = room_in(output.parent)
            with self._materials.blames(plan, room=room, stop=stop):
                return self._steps.run_all(
                    plan, variant=variant, room=room, output=output, on_progress=on_progress, stop=stop
                )
        with self._sandbox.named(source) as named:
            return self._transcoder.transcode(
                plan, variant=variant, source=named, output=output, on_progress=on_progress, stop=stop
            )

    def verify(
        self,
        output: Path,
        *,
        source: Path,
        plan: Plan,
        variant: Variant,
        stop: threading.Event,
        run: RunReport | None = None,
    ) -> Verification:
        """Whether the output is what the variant promised; `run` is the report of the run that made it.

        Raises:
            AttemptFailed, BadSource, Unavailable, Stopped
        """
        blames = self._materials.blames(plan, room=room_in(output.parent), stop=stop)
        with self._sandbox.named(source) as named, blames if variant.steps else nullcontext():
            return self._verifier.verify(output, source=named, plan=plan, variant=variant, run=run, stop=stop)

    @property
    def lacking_decoders(self) -> frozenset[str]:
        """The decoders that a complete build of ffmpeg has and this build lacks."""
        return missing_decoders(self._tools.ffmpeg)

    def require_programs(self) -> None:
        """Passes while ffmpeg and ffprobe are there and run.

        Raises:
            PartMissing
        """
        require_programs(self._tools)

    def describe(self) -> Confinement:
        """The programs and their confinement, in a sentence for people."""
        return Confinement(
            ffmpeg=self._tools.ffmpeg,
            ffprobe=self._tools.ffprobe,
            version=self._tools.version,
            isolated=self._sandbox.isolates,
            filtered=self._sandbox.filters_calls,
            sentence=_sentence(self._sandbox),
        )


def _sentence(sandbox: Sandbox) -> str:
    unfiltered = (
        "" if sandbox.filters_calls else f"; it runs without a filter of system calls ({sandbox.filter_reason})"
    )
    if sandbox.isolates:
        confined = "ffmpeg runs in bubblewrap: no network, no file but its own, limited memory, time and output"
        return f"{confined}{unfiltered}"
    reach = "this user's files" if sandbox.filters_calls else "this user's files and the network"
    return f"ffmpeg runs with limits only, because {sandbox.reason}: a flaw in a decoder could use {reach}{unfiltered}"
