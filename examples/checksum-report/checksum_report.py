"""A processor: the rendition of a film is a small text with the SHA-256 of each of its streams."""

from mediaproc.core.expectation import Expectation, ExpectedReport, ExpectedStreams, Medium
from mediaproc.core.ffmpeg_memory import TRANSCODE_BASE
from mediaproc.core.plan.model import Plan, Variant, VariantName
from mediaproc.core.profile import Profile

MOST_BYTES = 64 * 1024
PROFILE = Profile(
    name="checksum-report", medium=Medium.REPORT, extension="txt", mime_type="text/plain", processor="checksum-report"
)


class ChecksumReport:
    name = "checksum-report"
    profiles = (PROFILE,)

    def accepts(self, mime_type, profile):
        return profile == PROFILE and mime_type.startswith(("video/", "audio/"))

    def plan(self, facts, *, profile, threads, limits):
        report = ExpectedReport(line=r"\d+,[va],SHA256=[0-9a-f]{64}", most_bytes=MOST_BYTES)
        sums = Variant(
            name=VariantName.COPY,
            input_arguments=(),
            output_arguments=(
                *("-map", "0:v?", "-map", "0:a?", "-c", "copy"),
                *("-f", "streamhash", "-hash", "sha256"),
            ),
            flags=(),
            expectation=Expectation(
                medium=profile.medium, streams=ExpectedStreams(formats=()), report=report, limits=limits
            ),
        )
        return Plan(
            profile=profile,
            output_name="report.txt",
            mime_type=profile.mime_type,
            variants=(sums,),
            duration=facts.source.duration,
            memory=TRANSCODE_BASE,
            wall_limit=3600,
            output_estimate=MOST_BYTES,
            decode_test=("-map", "0", "-t", "1"),
        )
