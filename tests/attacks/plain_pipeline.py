"""One upload through the pipeline that most sites have: `ffprobe UPLOAD`, then `ffmpeg -i UPLOAD OUT.mp4`."""

import json
import os
import resource
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from mediaproc.clock import elapsed
from mediaproc.ffmpeg.tools import Tools
from tests.attacks.attack import Attack, Observation
from tests.attacks.observers import POLL_INTERVAL, datagram_port_is_open, peak_memory_of_children

# Bytes of memory and of a file that it may take of the machine that runs the tests.
_MEMORY = 6 * 1024**3
_FILE = 256 * 1024**2


def run_plain_pipeline(attack: Attack, *, tools: Tools, source: Path, port: int) -> Observation:
    """What the plain pipeline does with the upload; called in a process of its own, since it lowers its own limits."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE, _FILE))
    os.chdir(source.parent)
    before = names_in(source.parent)
    output = f"{source.name}.out.mp4"
    name = source.name if attack.by_name else f"file:{source.name}"
    options = _known(attack.plain_options, tools=tools)
    probe = _Run([tools.ffprobe, "-v", "error", *options, *_AS_JSON, name], attack=attack, port=port)
    encode = ["-preset", "ultrafast", *attack.plain_output, *_AS_MP4, f"file:{output}"]
    run = _Run(
        [tools.ffmpeg, "-v", "error", "-y", "-nostdin", *options, "-i", name, *encode],
        attack=attack,
        port=port,
    )
    size = Path(output).stat().st_size if _is_there(output) else 0
    probed = _parsed(probe.output)
    streams = probed.get("streams")
    return Observation(
        outcome=f"{probe.code}, {run.code}",
        connected=probe.bound or run.bound,
        peak_memory=peak_memory_of_children(),
        frames=count_frames(output, tools=tools) if size else 0,
        output_size=size,
        streams=len(streams) if isinstance(streams, list) else 0,
        kept="\n".join((source.name, *strings_in(probed), probe.log, run.log)),
        ended=probe.ended or run.ended,
        appeared=tuple(sorted(names_in(source.parent) - before - {output})),
    )


# In fragments, so that the frames can also be counted where ffmpeg had to be ended.
_AS_MP4 = ("-f", "mp4", "-movflags", "frag_keyframe+empty_moov")
_AS_JSON = ("-show_format", "-show_streams", "-print_format", "json")


class _Run:
    """One child process, which gets SIGTERM when its time is over, so that it finishes its file."""

    def __init__(self, command: Sequence[str | Path], *, attack: Attack, port: int) -> None:
        self.bound = self.ended = False
        begun = elapsed()
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as child:
            while True:
                with suppress(subprocess.TimeoutExpired):
                    written, log = child.communicate(timeout=POLL_INTERVAL)
                    break
                self.bound = self.bound or datagram_port_is_open(port)
                if not self.ended and elapsed() - begun > attack.seconds:
                    child.send_signal(signal.SIGTERM)
                    self.ended = True
                if elapsed() - begun > attack.seconds + 5:
                    child.kill()
        self.code, self.output = child.returncode, written
        self.log = log.decode(errors="surrogateescape")


def _known(options: Sequence[str], *, tools: Tools) -> tuple[str, ...]:
    """The pairs of option and value that this version of ffmpeg has: some are newer than the attack."""
    command = [str(tools.ffprobe), "-v", "quiet", "-h", "full"]
    known = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True).stdout.decode()
    pairs = zip(options[::2], options[1::2], strict=True)
    return tuple(word for name, value in pairs if f"{name} " in known or ":" in name for word in (name, value))


def strings_in(value: object) -> list[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for part in value.values() for text in strings_in(part)]
    return [text for part in value for text in strings_in(part)] if isinstance(value, list) else []


def count_frames(output: str | Path, *, tools: Tools) -> int:
    """How many frames the film has, 0 for what is none."""
    count = ("-select_streams", "v:0", "-count_packets", "-show_entries", "stream=nb_read_packets", "-of", "csv=p=0")
    command = [str(tools.ffprobe), "-v", "error", *count, f"file:{output}"]
    answer = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    digits = answer.stdout.strip().strip(b",")
    return int(digits) if digits.isdigit() else 0


def names_in(folder: Path) -> set[str]:
    """The names of the files in the folder."""
    return {path.name for path in folder.iterdir()}


def _is_there(output: str) -> bool:
    try:
        return Path(output).is_file()
    except OSError:  # a name that is too long
        return False


def _parsed(written: bytes) -> dict[str, object]:
    try:
        document = json.loads(written.decode(errors="surrogateescape"))
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
