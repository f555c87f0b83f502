"""ffprobe on one file: the file's facts, and the walk through its packets."""

import stat
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from mediaproc.core.container_header import HEADER_SIZE, ContainerFacts, parse_container
from mediaproc.core.errors import AttemptFailed, BadSource, ErrorClass
from mediaproc.core.ffmpeg_memory import PROBE_DATA, PROBE_MEMORY
from mediaproc.core.first_bytes import FIRST_BYTES, is_walked_unseen
from mediaproc.core.limits import SOURCE_FORMATS, Limits, input_limits
from mediaproc.core.packets import PACKET_OPTIONS, PacketFacts
from mediaproc.core.plan.copy_or_encode import carrier
from mediaproc.core.plan.stream_selection import choose_video_stream
from mediaproc.core.probe import Probe
from mediaproc.core.probe_document import parse_probe
from mediaproc.ffmpeg import failure, mp4_boxes, wtv
from mediaproc.ffmpeg.capabilities import decodable_codecs
from mediaproc.ffmpeg.child import Ended, run
from mediaproc.ffmpeg.mp4_encryption import encrypted_tracks
from mediaproc.ffmpeg.probe_reader import REPORT_OPTIONS, ProbeReader
from mediaproc.ffmpeg.sandbox import Rlimits, Sandbox
from mediaproc.ffmpeg.watchdog import WatchdogLimits

_PROBE_CPU, _PROBE_WALL = 60, 120.0

# The walk reads the whole file, at least this fast (bytes a second).
_SLOWEST_READ = 4 * 1024 * 1024

# ffmpeg reads on behind any damage. ffprobe ends where an MPEG-TS lacks its sync bytes for 64 KB, unless it has this.
_PAST_DAMAGE: Mapping[str, tuple[str, ...]] = {"mpegts": ("-resync_size", str(2**31 - 1))}

_FACTS = ("-show_format", "-show_streams")

# ffmpeg writes AVIs whose header counts one picture more than there are.
_COUNTED_TOO = 1


@dataclass(frozen=True, kw_only=True)
class Prober:
    """Runs ffprobe; `ffmpeg` is the program that will decode the source."""

    ffprobe: Path
    ffmpeg: Path
    sandbox: Sandbox
    limits: Limits

    def probe_source(
        self,
        source: Path,
        *,
        packets: bool,
        stop: threading.Event,
        judge: Callable[[Probe], None] = lambda _facts: None,
        formats: Sequence[str] = SOURCE_FORMATS,
    ) -> Probe:
        """The facts about an upload, which is read with the demuxers `formats` alone.

        With `packets` also about its packets, for which ffprobe reads all of it. One run of ffprobe tells all, unless
        the first bytes or the facts ask for a second one. `judge` gets the facts without the packets: what it raises
        saves the second run.
        """
        _refuse_no_file(source)
        with _source_errors_translated():
            wtv.refuse_endless(source)
            is_walked_at_once = packets and _is_walked_unseen(source)
        if is_walked_at_once:
            facts, walked = self._facts_and_walk(source, formats=formats, stop=stop)
        else:
            facts, walked = self._facts(source, formats=formats, stop=stop), None
        codecs = decodable_codecs(self.ffmpeg)
        if codecs is not None:
            facts = facts.decoded_by(codecs)
        judge(facts)
        if not packets or choose_video_stream(facts) is None:
            return facts
        options = _PAST_DAMAGE.get(carrier(facts), ())
        if options or not is_walked_at_once:
            walked = self._walk(source, options=options, stop=stop)
        if walked is None:
            return facts
        return facts.walked(self._with_a_cut_stream_alone(source, facts, walked, options=options, stop=stop))

    def _with_a_cut_stream_alone(
        self,
        source: Path,
        facts: Probe,
        walked: Mapping[int, PacketFacts],
        *,
        options: Sequence[str],
        stop: threading.Event,
    ) -> Mapping[int, PacketFacts]:
        """A stream that is cut off ends ffprobe's walk through all streams; ffmpeg would go on with the video alone."""
        video = choose_video_stream(facts.walked(walked))
        if not (video and video.frames and video.packets and video.packets.count < video.frames - _COUNTED_TOO):
            return walked
        alone = self._walk(source, options=(*options, "-select_streams", str(video.index)), stop=stop) or {}
        more = alone.get(video.index, video.packets)
        return {**walked, video.index: max(video.packets, more, key=lambda packets: packets.count)}

    def probe_output(
        self, output: Path, *, formats: Sequence[str], stop: threading.Event
    ) -> tuple[Probe, Mapping[int, PacketFacts]]:
        """The facts about a rendition and its packets, by the index of their stream, in one reading."""
        wall = _wall_of_a_walk(output)
        options = (*_FACTS, *PACKET_OPTIONS)
        reader, ended = self._run(output, options=options, formats=formats, wall=wall, stop=stop, keeps_places=True)
        return self._probe(output, reader=reader, ended=ended), reader.packets()

    def _facts_and_walk(
        self, source: Path, *, formats: Sequence[str], stop: threading.Event
    ) -> tuple[Probe, Mapping[int, PacketFacts] | None]:
        """The facts and the packets in one run; None for the packets where ffprobe cannot walk to the end."""
        wall, options = _wall_of_a_walk(source), (*_FACTS, *PACKET_OPTIONS)
        reader, ended = self._run(source, options=options, formats=formats, wall=wall, stop=stop)
        if isinstance(failure.refusal(ended, program="ffprobe", sandbox=self.sandbox), AttemptFailed):
            # ffprobe prints the facts behind the packets, so it came to neither.
            return self._facts(source, formats=formats, stop=stop), None
        return self._probe(source, reader=reader, ended=ended), reader.packets()

    def _facts(self, source: Path, *, formats: Sequence[str], stop: threading.Event) -> Probe:
        """What ffprobe reports of the file, and what the container's header says."""
        reader, ended = self._run(source, options=_FACTS, formats=formats, wall=_PROBE_WALL, stop=stop)
        return self._probe(source, reader=reader, ended=ended)

    def _walk(self, source: Path, *, options: Sequence[str], stop: threading.Event) -> Mapping[int, PacketFacts] | None:
        """The packets of all streams, None where ffprobe cannot walk to the end; `options` are the demuxer's own."""
        wall = _wall_of_a_walk(source)
        chosen = (*options, *PACKET_OPTIONS)
        reader, ended = self._run(source, options=chosen, formats=SOURCE_FORMATS, wall=wall, stop=stop)
        error = failure.refusal(ended, program="ffprobe", sandbox=self.sandbox)
        if isinstance(error, AttemptFailed):
            return None
        if error is not None:
            raise error
        return reader.packets()

    def _run(
        self,
        path: Path,
        *,
        options: Sequence[str],
        formats: Sequence[str],
        wall: float,
        stop: threading.Event,
        keeps_places: bool = False,
    ) -> tuple[ProbeReader, Ended]:
        with _source_errors_translated():
            confined = self.sandbox.for_child(source=path)
        limits = input_limits(self.limits, formats=tuple(formats))
        command = confined.command(
            self.ffprobe,
            arguments=("-v", "error", *limits, *options, *REPORT_OPTIONS, confined.source_url),
            # Every second of wall time may be one of CPU: a walk through a large file is mostly that.
            rlimits=Rlimits(memory=PROBE_MEMORY, data=PROBE_DATA, cpu=max(_PROBE_CPU, int(wall))),
        )
        reader = ProbeReader(keeps_places=keeps_places)
        return reader, run(command, limits=WatchdogLimits(wall=wall), stop=stop, on_output=reader.read)

    def _probe(self, path: Path, *, reader: ProbeReader, ended: Ended) -> Probe:
        # This comes before the verdict on the file: of a file that was removed, ffprobe says that it is no video.
        with _source_errors_translated(), path.open("rb") as file:
            head = file.read(HEADER_SIZE)
        document = reader.document()
        _refuse_broken(ended, path=path, has_streams=bool(document.get("streams")), sandbox=self.sandbox)
        probe = parse_probe(document, container_facts=parse_container(head))
        return _with_mp4_facts(probe, path) if carrier(probe) == "mov" else probe


def _is_walked_unseen(path: Path) -> bool:
    with path.open("rb") as file:
        return is_walked_unseen(file.read(FIRST_BYTES), size=path.stat().st_size)


def _wall_of_a_walk(path: Path) -> float:
    return _PROBE_WALL + path.stat().st_size / _SLOWEST_READ


def _with_mp4_facts(probe: Probe, path: Path) -> Probe:
    container = ContainerFacts(size=mp4_boxes.fragments_size(path))
    return replace(probe, container=container).needing_a_key(encrypted_tracks(path))


def _refuse_no_file(source: Path) -> None:
    with _source_errors_translated():
        facts = source.stat()
    if not stat.S_ISREG(facts.st_mode):
        raise BadSource("This is no file but something else, such as a folder.", error_class=ErrorClass.UNREADABLE)
    if facts.st_size == 0:
        raise BadSource("The file is empty; upload the original recording.", error_class=ErrorClass.EMPTY)


@contextmanager
def _source_errors_translated() -> Iterator[None]:
    """A source that is removed or becomes unreadable inside the block is this attempt's fault."""
    try:
        yield
    except FileNotFoundError:
        raise AttemptFailed("The source is not there any more.", error_class=ErrorClass.SOURCE_MISSING) from None
    except OSError as error:
        raise AttemptFailed(
            f"The source cannot be read any more ({error.strerror}).", error_class=ErrorClass.SOURCE_MISSING
        ) from error


def _refuse_broken(ended: Ended, *, path: Path, has_streams: bool, sandbox: Sandbox) -> None:
    error = failure.refusal(ended, program="ffprobe", sandbox=sandbox)
    if failure.has_too_many_streams(ended):
        raise failure.unreadable(ended)
    if isinstance(error, AttemptFailed) and error.error_class is ErrorClass.OUT_OF_MEMORY and ended.signal is None:
        # The limit is the same at every attempt: another one would end the same way.
        raise BadSource(
            f"The file's header wants more than {PROBE_MEMORY // 1024**2} MB of memory; upload the original recording.",
            error_class=ErrorClass.TOO_LARGE,
        )
    if error is not None:
        raise error
    if ended.code != 0 and not has_streams and (mp4_boxes.lacks_its_index(path) or wtv.lacks_its_directory(path)):
        raise BadSource(
            "The file is incomplete: its end, which holds its index, is missing; upload it again.",
            error_class=ErrorClass.TRUNCATED,
        )
    if ended.code != 0 and not has_streams:
        raise failure.unreadable(ended)
