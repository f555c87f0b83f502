"""ffprobe on one file: its facts, and the walk through its packets."""

import json
import stat
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import SpooledTemporaryFile

from mediaproc.core.container import HEAD_SIZE, ContainerFacts, parse_container
from mediaproc.core.errors import AttemptFailed, BadSource, ErrorClass
from mediaproc.core.limits import SOURCE_FORMATS, Limits, input_limits
from mediaproc.core.packets import PACKET_OPTIONS, PacketFacts, parse_packets
from mediaproc.core.plan.decide import carrier
from mediaproc.core.plan.streams import choose_video
from mediaproc.core.probe import Probe, parse_probe
from mediaproc.ffmpeg import boxes, failure
from mediaproc.ffmpeg.capabilities import decodable_codecs
from mediaproc.ffmpeg.child import Ended, Patience, run
from mediaproc.ffmpeg.sandbox import Rlimits, Sandbox

# 512 MB of address space are enough for ffprobe with all its libraries; 256 are not (bytes).
PROBE_MEMORY = 512 * 1024 * 1024
_PROBE_CPU, _PROBE_WALL = 60, 120.0

# The walk reads the whole file, at the least so fast (bytes a second).
_SLOWEST_READ = 4 * 1024 * 1024

# More than real films need: of JSON (bytes), of packet lines (bytes; a film of a day has some 500 MB).
_MOST_JSON = 16 * 1024 * 1024
_MOST_LINES = 1024 * 1024 * 1024
_MOST_OF_A_LINE = 4_096
_KEPT_IN_MEMORY = 4 * 1024 * 1024

# ffmpeg goes on behind any damage, ffprobe ends where an MPEG-TS has none of its sync bytes for 64 KB (bytes).
_PAST_DAMAGE: Mapping[str, tuple[str, ...]] = {"mpegts": ("-resync_size", str(2**31 - 1))}

_FACTS = ("-print_format", "json", "-show_format", "-show_streams")


@dataclass(frozen=True, kw_only=True)
class Prober:
    """Runs ffprobe: the program, the ffmpeg that is to decode, how it is confined, what the site allows."""

    ffprobe: Path
    ffmpeg: Path
    sandbox: Sandbox
    limits: Limits

    def probe_source(self, source: Path, *, packets: bool, stop: threading.Event) -> Probe:
        """The facts about an upload; with `packets` also those of its film's packets, for which all of it is read."""
        _refuse_no_file(source)
        facts = self.facts(source, formats=SOURCE_FORMATS, stop=stop)
        codecs = decodable_codecs(self.ffmpeg)
        if codecs is not None:
            facts = facts.decoded_by(codecs)
        video = choose_video(facts)
        if not packets or video is None:
            return facts
        past_damage = _PAST_DAMAGE.get(carrier(facts), ())
        walked = self.walk(source, streams=(video.index,), formats=SOURCE_FORMATS, stop=stop, options=past_damage)
        return replace(facts, packets=walked.get(video.index))

    def facts(self, path: Path, *, formats: Sequence[str], stop: threading.Event) -> Probe:
        """What ffprobe says of the file, and what the container's head says of itself."""
        written = bytearray()

        def collect(chunk: bytes) -> None:
            written.extend(chunk)
            if len(written) > _MOST_JSON:
                raise BadSource(
                    "The file describes its streams at more length than any video; upload the original recording.",
                    error_class=ErrorClass.UNREADABLE,
                )

        patience = Patience(wall=_PROBE_WALL)
        ended = self._run(path, options=_FACTS, formats=formats, patience=patience, stop=stop, on_output=collect)
        # Before the verdict: of a file that has gone meanwhile, ffprobe says that it is no video.
        with _source_watched(), path.open("rb") as file:
            head = file.read(HEAD_SIZE)
        document = _document(bytes(written))
        _refuse_broken(ended, path=path, has_streams=bool(document.get("streams")), sandbox=self.sandbox)
        probe = parse_probe(document, container_facts=parse_container(head))
        return replace(probe, container=_mp4_facts(path)) if carrier(probe) == "mov" else probe

    def walk(
        self,
        path: Path,
        *,
        streams: Sequence[int],
        formats: Sequence[str],
        stop: threading.Event,
        options: Sequence[str] = (),
    ) -> dict[int, PacketFacts]:
        """The packets of each of these streams, summed up; empty where ffprobe cannot walk to the end.

        `options` are the demuxer's own.
        """
        chosen = ("-select_streams", str(streams[0])) if len(streams) == 1 else ()
        wall = _PROBE_WALL + path.stat().st_size / _SLOWEST_READ
        with ExitStack() as stack:
            lines = _Lines(streams, stack=stack)
            try:
                ended = self._run(
                    path,
                    options=(*options, *chosen, *_with_stream_index(PACKET_OPTIONS)),
                    formats=formats,
                    patience=Patience(wall=wall),
                    stop=stop,
                    on_output=lines.split,
                )
            except _TooManyLines:
                return {}
            error = failure.refusal(ended, program="ffprobe", sandbox=self.sandbox)
            if isinstance(error, AttemptFailed):
                return {}
            if error is not None:
                raise error
            return lines.facts()

    def _run(
        self,
        path: Path,
        *,
        options: Sequence[str],
        formats: Sequence[str],
        patience: Patience,
        stop: threading.Event,
        on_output: Callable[[bytes], None],
    ) -> Ended:
        with _source_watched():
            room = self.sandbox.room(source=path)
        limits = input_limits(self.limits, formats=tuple(formats))
        command = room.command(
            self.ffprobe,
            arguments=("-v", "error", *limits, *options, room.source_url),
            # Every second of wall time may be one of CPU: a walk through a large file is mostly that.
            rlimits=Rlimits(memory=PROBE_MEMORY, cpu=max(_PROBE_CPU, int(patience.wall))),
        )
        return run(command, patience=patience, stop=stop, on_output=on_output)


class _TooManyLines(Exception):
    """More packets than any film has."""


class _Lines:
    """ffprobe's packet lines by stream, kept on disk when they are many."""

    def __init__(self, streams: Sequence[int], *, stack: ExitStack) -> None:
        self._spools = {
            f"stream_index={stream}".encode(): stack.enter_context(SpooledTemporaryFile(_KEPT_IN_MEMORY))  # noqa: SIM115 - the stack closes it
            for stream in streams
        }
        self._streams = tuple(streams)
        self._rest = b""
        self._size = 0

    def split(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size > _MOST_LINES:
            raise _TooManyLines
        *lines, rest = (self._rest + chunk).split(b"\n")
        # No line of ours is longer: kept whole, one that never ends would be copied with every chunk.
        self._rest = rest[:_MOST_OF_A_LINE]
        for line in lines:
            spool = self._spools.get(line.partition(b"|")[0])
            if spool is not None:
                spool.write(line + b"\n")

    def facts(self) -> dict[int, PacketFacts]:
        found: dict[int, PacketFacts] = {}
        for stream, spool in zip(self._streams, self._spools.values(), strict=True):
            spool.seek(0)
            found[stream] = parse_packets(line.decode(errors="replace") for line in spool)
        return found


def _with_stream_index(options: Sequence[str]) -> tuple[str, ...]:
    return tuple(option.replace("packet=", "packet=stream_index,", 1) for option in options)


def _document(written: bytes) -> dict[str, object]:
    """The JSON that ffprobe wrote, empty where it wrote none: it may be ended at any byte."""
    try:
        document = json.loads(written)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _mp4_facts(path: Path) -> ContainerFacts:
    return ContainerFacts(size=boxes.fragments_size(path), encrypted=boxes.is_encrypted(path))


def _refuse_no_file(source: Path) -> None:
    with _source_watched():
        facts = source.stat()
    if not stat.S_ISREG(facts.st_mode):
        raise BadSource("This is no file but something else, such as a folder.", error_class=ErrorClass.UNREADABLE)
    if facts.st_size == 0:
        raise BadSource("The file is empty; upload the original recording.", error_class=ErrorClass.EMPTY)


@contextmanager
def _source_watched() -> Iterator[None]:
    """A source that goes, or cannot be read, while one looks at it: this attempt's fault."""
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
    if ended.code != 0 and not has_streams and boxes.lacks_its_index(path):
        raise BadSource(
            "The file is incomplete: its end, which holds its index, is missing; upload it again.",
            error_class=ErrorClass.TRUNCATED,
        )
    if ended.code != 0 and not has_streams:
        raise failure.unreadable(ended)
