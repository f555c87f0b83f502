"""The decoders that every whole build of ffmpeg has and that uploads need, and which of them this node lacks.

A build without one of them is the node's flaw and not the upload's: another node can do the task.
"""

from collections.abc import Iterable
from typing import assert_never

from mediaproc.core.errors import ErrorClass, Unavailable
from mediaproc.core.expectation import Medium
from mediaproc.core.probe import AudioStream, Probe, VideoStream

# By the names of ffmpeg's codecs: what phones, cameras, screen recorders, editors and old players wrote.
USUAL_DECODERS = frozenset({
    *("h264", "hevc", "av1", "vp8", "vp9", "vp6", "vp6f", "mpeg1video", "mpeg2video", "mpeg4", "h263", "flv1"),
    *("msmpeg4v1", "msmpeg4v2", "msmpeg4v3", "wmv1", "wmv2", "wmv3", "vc1", "theora", "svq1", "svq3"),
    *("rv10", "rv20", "rv30", "rv40", "indeo3", "indeo5", "cinepak", "msvideo1", "msrle", "qtrle", "rpza"),
    *("mjpeg", "dvvideo", "prores", "dnxhd", "cfhd", "huffyuv", "ffvhuff", "ffv1", "utvideo", "rawvideo", "gif", "png"),
    *("flashsv", "flashsv2", "tscc", "cscd", "zmbv"),
    *("aac", "mp3", "mp2", "mp1", "ac3", "eac3", "dts", "opus", "vorbis", "flac", "alac", "wmav1", "wmav2", "wmapro"),
    *("pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_u8", "pcm_mulaw", "pcm_alaw", "pcm_f32le", "adpcm_ms"),
    *("adpcm_ima_wav", "adpcm_ima_qt", "adpcm_swf", "amr_nb", "amr_wb", "cook", "nellymoser", "speex", "wavpack"),
})  # fmt: skip


def decodable_by_a_whole_build(probe: Probe) -> Probe:
    """The same facts for an ffmpeg that has what this one has and the usual decoders besides."""
    here = {stream.codec for stream in probe.watchable if stream.decodable}
    return probe.decoded_by(here | USUAL_DECODERS)


def lacking_for(probe: Probe, *, medium: Medium) -> tuple[str, ...]:
    """The usual decoders that a rendition of this kind may need and that this node lacks."""
    return tuple(sorted({stream.codec for stream in _needed(probe, medium=medium) if _is_lacking(stream)}))


def require_decoders(probe: Probe, *, medium: Medium) -> None:
    """Passes where this node decodes all that it should.

    Raises:
        DecoderMissing: a rendition from here would be none, or less than another node makes of it.
    """
    lacking = lacking_for(probe, medium=medium)
    if lacking:
        raise DecoderMissing(lacking)


class DecoderMissing(Unavailable):
    """This node's ffmpeg lacks usual decoders, `codecs`, that a source needs: a node that has them can do its task."""

    def __init__(self, codecs: Iterable[str]) -> None:
        self.codecs = tuple(codecs)
        super().__init__(
            f"This node's ffmpeg lacks the decoder for {' and '.join(self.codecs)}, which a whole build has:"
            " a node that has it takes the task.",
            error_class=ErrorClass.DECODER_MISSING,
        )


def _needed(probe: Probe, *, medium: Medium) -> tuple[VideoStream | AudioStream, ...]:
    match medium:
        case Medium.VIDEO | Medium.REPORT:
            return probe.watchable
        case Medium.AUDIO:
            return probe.audios
        case Medium.ANIMATION | Medium.IMAGE:
            return probe.videos
        case _:
            assert_never(medium)


def _is_lacking(stream: VideoStream | AudioStream) -> bool:
    """Whether the stream needs a usual decoder that this node lacks; covers and encrypted streams never do."""
    is_cover = isinstance(stream, VideoStream) and stream.attached_picture
    return not (stream.decodable or stream.encrypted or is_cover) and stream.codec in USUAL_DECODERS
