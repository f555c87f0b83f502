"""Records ffprobe's answers about files of the corpus, and the plans made from them: `python -m tests.golden.record`.

Only JSON is kept, never a byte of the media, and neither paths nor the tags that tell who filmed what and where.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from mediaproc.core.container_header import HEADER_SIZE, parse_container
from mediaproc.core.errors import BadSource
from mediaproc.core.limits import Limits, input_limits
from mediaproc.core.packets import PACKET_OPTIONS, PacketFacts
from mediaproc.core.plan import choose_video_stream
from mediaproc.core.probe_document import parse_probe
from mediaproc.ffmpeg.probe_reader import REPORT_OPTIONS, ProbeReader
from tests.golden.writing import written

HERE = Path(__file__).parent
FACTS, PLANS = HERE / "facts", HERE / "plans"

# One of each kind that the corpus has.
SOURCES = (
    "PHP-FFMpeg__PHP-FFMpeg/Test.ogv",
    "PHP-FFMpeg__PHP-FFMpeg/WrongFile.mp4",
    "PHP-FFMpeg__PHP-FFMpeg/portrait.MOV",
    "Zulko__moviepy/-video-with-dash-.mp4",
    "Zulko__moviepy/example3.mp4",
    "Zulko__moviepy/no_duration.webm",
    "androidx__media/bear-vp9-odd-dimensions.webm",
    "androidx__media/dolbyVision-hdr.MOV",
    "androidx__media/full_blocks.mkv",
    "androidx__media/sample-with-key-frame-index.flv",
    "androidx__media/sample-with-large-length.avi",
    "androidx__media/sample_av1.mkv",
    "androidx__media/sample_h264_mpeg_audio.ts",
    "androidx__media/sample_h265_rps_pred.ts",
    "androidx__media/sample_missing_stsd.mp4",
    "androidx__media/sample_vvc.mp4",
    "androidx__media/sample_with_opus_audio.mkv",
    "androidx__media/sample_with_sdt.ts",
    "androidx__media/sample_with_vobsub.mp4",
    "androidx__media/sd-hls0000000000.ts",
    "androidx__media/subsample_encrypted_altref.webm",
    "androidx__media/video_init.mp4",
    "apache__tika/testASF.asf",
    "apache__tika/testMP4_twoCovers.m4a",
    "apache__tika/testMP4_udtaLocation.mp4",
    "drewnoakes__metadata-extractor-images/MVI_4823.AVI",
    "drewnoakes__metadata-extractor-images/Sony ILCE-7M3 (A7M3).mts",
    "mozilla__mp4parse-rust/metadata.mp4",
    "mozilla__mp4parse-rust/video_colr_nclx_hlg_full_range.mp4",
    "mozilla__mp4parse-rust/video_colr_nclx_rgb.mp4",
    "pytorch__torchcodec/h264_10bits.mp4",
    "sannies__mp4parser/Tiny Sample - OLD.mp4",
    "sindresorhus__file-type/fixture-realmedia-video.rm",
    "sindresorhus__file-type/fixture.mpg",
    "streamio__streamio-ffmpeg/awesome movie.mov",
    "streamio__streamio-ffmpeg/file+with+data&streams=works?.mp4",
    "streamio__streamio-ffmpeg/sideways movie.mov",
    "streamio__streamio-ffmpeg/weird_aspect.small.mpg",
)

_KEPT_DISPOSITIONS = (
    *("default", "attached_pic", "timed_thumbnails"),
    *("comment", "dub", "hearing_impaired", "visual_impaired", "descriptions"),
)
_KEPT_TAGS = ("rotate", "DURATION", "alpha_mode", "language")


def record(corpus: Path, *, ffprobe: str = "ffprobe") -> None:
    """Writes the facts of each source and the plans made of them."""
    for name in SOURCES:
        stem = name.replace("/", "__").replace(" ", "_")
        facts = _facts(corpus / name, ffprobe=ffprobe)
        (FACTS / f"{stem}.json").write_text(json.dumps(facts, indent=1, ensure_ascii=True) + "\n")
    write_plans()


def write_plans() -> None:
    """Writes the plans anew from the recorded facts."""
    for path in FACTS.glob("*.json"):
        (PLANS / f"{path.stem}.txt").write_text(written(json.loads(path.read_text())))


def _facts(source: Path, *, ffprobe: str) -> Mapping[str, object]:
    document = _stripped(json.loads(_ask(source, "-print_format", "json", "-show_format", "-show_streams", by=ffprobe)))
    container = parse_container(source.read_bytes()[:HEADER_SIZE])
    packets = None
    try:
        video = choose_video_stream(parse_probe(document))
    except BadSource:
        video = None
    if video is not None:
        reader = ProbeReader()
        reader.read(_ask(source, *PACKET_OPTIONS, *REPORT_OPTIONS, by=ffprobe).encode())
        packets = {str(index): _summed_up(facts) for index, facts in reader.packets().items()}
    return {"document": document, "packets": packets, "container": asdict(container)}


def _summed_up(facts: PacketFacts) -> Mapping[str, object]:
    """The packets without their positions in the file, the times of each on one line."""
    kept = {name: value for name, value in asdict(facts).items() if name not in {"places", "key_places"}}
    return {**kept, "times": " ".join(f"{time:g}" for time in facts.times)}


def _ask(source: Path, *options: str, by: str) -> str:
    command = [by, "-v", "error", *input_limits(Limits()), *options, f"file:{source}"]
    return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False).stdout


def _stripped(document: dict[str, object]) -> dict[str, object]:
    form, streams = document.get("format"), document.get("streams")
    if isinstance(form, dict):
        form.pop("tags", None)
        form["filename"] = "file:/source"
    for stream in streams if isinstance(streams, list) else []:
        kept = {key: value for key, value in stream.pop("tags", {}).items() if key.startswith(_KEPT_TAGS)}
        stream.update({"tags": kept} if kept else {})
        stream["disposition"] = {key: stream.get("disposition", {}).get(key, 0) for key in _KEPT_DISPOSITIONS}
    return document


if __name__ == "__main__":
    record(Path(sys.argv[1]))
