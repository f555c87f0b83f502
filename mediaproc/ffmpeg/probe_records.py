"""Keeps the facts of a probe as a record, and takes a record for a probe only where this node would find the same."""

import hashlib
from dataclasses import dataclass

from mediaproc import __version__
from mediaproc.core.limits import SOURCE_FORMATS, Limits, input_limits
from mediaproc.core.plan.stream_selection import choose_video_stream
from mediaproc.core.probe import Probe
from mediaproc.core.probe_record import Origin, read_record, write_record
from mediaproc.ffmpeg.capabilities import decodable_codecs
from mediaproc.ffmpeg.tools import Tools


@dataclass(frozen=True, kw_only=True)
class ProbeRecords:
    """The records of this node's probes; `limits` are those that its probes keep to."""

    tools: Tools
    limits: Limits

    def write(self, probe: Probe, *, file_id: str) -> bytes | None:
        """The record of the facts about a source; None where they are not all there, or too many."""
        return write_record(probe, origin=self._origin(file_id)) if _is_complete(probe) else None

    def read(self, record: bytes, *, file_id: str) -> Probe | None:
        """The facts in the record, where a probe of these bytes on this node would find the same; None elsewhere."""
        probe = read_record(record, origin=self._origin(file_id))
        if probe is None or not _is_complete(probe):
            return None
        codecs = decodable_codecs(self.tools.ffmpeg)
        # Builds of one version may differ in their decoders, and of what none decodes ffprobe tells less.
        return probe if codecs is None or probe.decoded_by(codecs) == probe else None

    def _origin(self, file_id: str) -> Origin:
        options = hashlib.sha256(" ".join(input_limits(self.limits, formats=SOURCE_FORMATS)).encode()).hexdigest()[:16]
        programs = f"ffprobe {self.tools.ffprobe_version}, ffmpeg {self.tools.version}"
        return Origin(file_id=file_id, prober=f"mediaproc {__version__}, {programs}, limits {options}")


def _is_complete(probe: Probe) -> bool:
    """Whether its packets were walked, or need not be: another attempt may get further through a film."""
    return choose_video_stream(probe) is None or all(stream.packets is not None for stream in probe.watchable)
