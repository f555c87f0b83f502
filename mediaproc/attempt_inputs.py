"""The room of an attempt: a folder that holds the inputs of its plan, written there as its processor names them."""

import threading
from io import BufferedWriter, FileIO
from pathlib import Path
from typing import TYPE_CHECKING

from mediaproc.core.errors import AttemptFailed, ErrorClass, Stopped, Unavailable
from mediaproc.ffmpeg.room import place_in
from mediaproc.processors import GuardedProcessor
from mediaproc.processors.interface import InputFile, Inputs

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


def bytes_of(inputs: Inputs) -> int:
    """What the room will hold."""
    return sum(file.size for file in inputs.files)


def fill_room(room: Path, *, inputs: Inputs, processor: GuardedProcessor, stop: threading.Event) -> None:
    """Make the room, and write the inputs there.

    Raises:
        BadSource: an input is damaged.
        AttemptFailed: the processor has a bug.
        Unavailable: the disk is full.
        Stopped: `stop` was set.
    """
    room.mkdir(mode=0o700)
    for file in inputs.files:
        with (
            _Target(place_in(room, file.name), file=file, stop=stop) as target,
            processor.bugs_told(also=Stopped),
        ):
            file.write(target)


class _Target(BufferedWriter):
    """A file that takes so many bytes as were promised for it, as long as the attempt may go on."""

    def __init__(self, path: Path, *, file: InputFile, stop: threading.Event) -> None:
        super().__init__(FileIO(path, "xb"))
        self._promised, self._stop, self._taken = file, stop, 0

    def write(self, buffer: "ReadableBuffer", /) -> int:
        if self._stop.is_set():
            raise Stopped("told to stop while the inputs were written")
        self._taken += memoryview(buffer).nbytes
        if self._taken > self._promised.size:
            raise AttemptFailed(
                f"The input {self._promised.name} has more than the {self._promised.size} bytes that were promised.",
                error_class=ErrorClass.BUG,
            )
        try:
            return super().write(buffer)
        except OSError as error:
            raise Unavailable(
                f"The inputs cannot be written to the scratch disk ({error.strerror}): make room, or mend the disk.",
                error_class=ErrorClass.DISK_FULL,
            ) from None
