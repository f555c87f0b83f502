"""Whether each material of a plan decodes at all: asked where a step or its output failed, to tell whose fault."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from mediaproc.core.errors import AttemptFailed, BadSource, ErrorClass
from mediaproc.core.limits import MATERIAL_FORMATS, Limits, input_limits
from mediaproc.core.material import told_of_material
from mediaproc.core.plan.model import Plan
from mediaproc.ffmpeg import failure
from mediaproc.ffmpeg.child import run
from mediaproc.ffmpeg.encode_limits import rlimits_for_reading
from mediaproc.ffmpeg.encode_run import GLOBAL_OPTIONS
from mediaproc.ffmpeg.error_log import ErrorLog
from mediaproc.ffmpeg.progress_reader import ProgressReader
from mediaproc.ffmpeg.sandbox import Sandbox
from mediaproc.ffmpeg.watchdog import WatchdogLimits

_WALL = 60.0
# A plan with more materials has the first ones tried.
_MOST = 100
# What fails of a material that does not decode; whatever else fails has another reason.
_SUSPICIOUS = frozenset({ErrorClass.TRANSCODE_FAILED, ErrorClass.VERIFICATION_FAILED})
# One picture, or a second of sound; no cover.
_TESTS: Mapping[str, tuple[str, ...]] = {
    "picture": ("-map", "0:V:0", "-frames:v", "1"),
    "sound": ("-map", "0:a:0", "-t", "1"),
}
_NO_SUCH_STREAM = "matches no streams"


@dataclass(frozen=True, kw_only=True)
class MaterialCheck:
    """Decodes the beginning of materials, confined as steps are."""

    ffmpeg: Path
    sandbox: Sandbox
    limits: Limits

    @contextmanager
    def blames(self, plan: Plan, *, room: Path, stop: threading.Event) -> Iterator[None]:
        """Where the block fails and a material of the plan does not decode, that is why, and no attempt mends it.

        Raises BadSource (UNDECODABLE, with the material's name) in place of AttemptFailed.
        """
        try:
            yield
        except AttemptFailed as error:
            if error.error_class in _SUSPICIOUS:
                self._refuse_undecodable(plan, room=room, stop=stop)
            raise

    def _refuse_undecodable(self, plan: Plan, *, room: Path, stop: threading.Event) -> None:
        for material, told_as in islice(plan.materials.items(), _MOST):
            for what, test in _TESTS.items():
                if not self._decodes(material, test=test, plan=plan, room=room, stop=stop):
                    with told_of_material(told_as):
                        raise BadSource(f"its {what} cannot be decoded.", error_class=ErrorClass.UNDECODABLE)

    def _decodes(self, material: str, *, test: tuple[str, ...], plan: Plan, room: Path, stop: threading.Event) -> bool:
        """Whether any comes of it, or there is no such stream, or it cannot be told."""
        reader = ProgressReader(None, on_progress=lambda _: None)
        limits = (*input_limits(self.limits, formats=MATERIAL_FORMATS), "-threads", "1")
        ended = run(
            self.sandbox.for_child(room=room).command(
                self.ffmpeg,
                arguments=(*GLOBAL_OPTIONS, *limits, "-i", f"file:{material}", *test, "-f", "null", "-"),
                rlimits=rlimits_for_reading(plan, inputs=1, wall=_WALL),
            ),
            limits=WatchdogLimits(wall=_WALL),
            stop=stop,
            on_output=reader.read,
            keep=ErrorLog().keep,
        )
        error = failure.refusal(ended, program="ffmpeg", sandbox=self.sandbox)
        if error is not None and not isinstance(error, AttemptFailed):
            raise error
        latest = reader.latest
        has_some = latest is not None and (latest.frames > 0 or latest.seconds > 0)
        return has_some or error is not None or _NO_SUCH_STREAM in ended.log_tail
