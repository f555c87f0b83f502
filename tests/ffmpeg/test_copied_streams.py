"""What the bytes of a copied stream show, on real streams."""

import subprocess
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mediaproc.core.packets import PACKET_OPTIONS, PacketFacts
from mediaproc.ffmpeg.copied_streams import audio_fault, video_fault
from mediaproc.ffmpeg.probe_reader import REPORT_OPTIONS, ProbeReader
from mediaproc.ffmpeg.tools import Tools


def _remux(
    tools: Tools, *sources: Path, output: Path, options: tuple[str, ...] = ()
) -> tuple[Path, dict[int, PacketFacts]]:
    """The sources joined as they are into an mp4, and its packets."""
    joined = output.with_suffix(".joined.ts")
    joined.write_bytes(b"".join(source.read_bytes() for source in sources))
    command = [str(tools.ffmpeg), "-v", "error", "-y", "-i", str(joined), "-c", "copy", *options, str(output)]
    subprocess.run(command, check=True)
    told = subprocess.run(
        [str(tools.ffprobe), "-v", "error", *PACKET_OPTIONS, *REPORT_OPTIONS, str(output)],
        check=True,
        capture_output=True,
    )
    reader = ProbeReader()
    reader.read(told.stdout)
    return output, reader.packets()


def _clip(tools: Tools, path: Path, *options: str, size: str = "160x120", channels: int = 1) -> Path:
    sound = "|".join(["sin(440*2*PI*t)"] * channels)
    inputs = ("-f", "lavfi", "-i", f"testsrc2=s={size}:r=25:d=2", "-f", "lavfi", "-i", f"aevalsrc={sound}:s=48000:d=2")
    codecs = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "25", "-c:a", "aac")
    subprocess.run([str(tools.ffmpeg), "-v", "error", "-y", *inputs, *codecs, *options, str(path)], check=True)
    return path


PICTURES_ONLY = ("-bsf:v", "filter_units=pass_types=1-5|7-8")


def test_one_size_throughout_is_no_fault_and_two_are(tools: Tools, tmp_path: Path) -> None:
    one, other = _clip(tools, tmp_path / "a.ts"), _clip(tools, tmp_path / "b.ts", size="320x240")
    film, packets = _remux(tools, one, one, output=tmp_path / "same.mp4", options=PICTURES_ONLY)
    assert video_fault(film, packets=packets[0], keeps_units=False) is None
    film, packets = _remux(tools, one, other, output=tmp_path / "two.mp4", options=PICTURES_ONLY)
    assert video_fault(film, packets=packets[0], keeps_units=False) == "its picture changes its parameters midway"


def test_a_place_among_the_messages_is_seen(tools: Tools, tmp_path: Path) -> None:
    clip = _clip(tools, tmp_path / "clip.ts")
    place = ("-bsf:v", "h264_metadata=sei_user_data=086f3693-b7b3-4f2c-9653-21492feee5b8+51.5000 -0.1200")
    film, packets = _remux(tools, clip, output=tmp_path / "place.mp4", options=place)
    assert "user data" in (video_fault(film, packets=packets[0], keeps_units=True) or "")
    film, packets = _remux(tools, film, output=tmp_path / "gone.mp4", options=PICTURES_ONLY)
    assert b"51.5000" not in film.read_bytes()


def test_sound_that_changes_its_channels_is_seen(tools: Tools, tmp_path: Path) -> None:
    mono, stereo = _clip(tools, tmp_path / "mono.ts"), _clip(tools, tmp_path / "stereo.ts", channels=2)
    film, packets = _remux(tools, stereo, stereo, output=tmp_path / "same.mp4")
    assert audio_fault(film, places=packets[1].key_places, channels=2) is None
    film, packets = _remux(tools, stereo, mono, output=tmp_path / "change.mp4")
    assert audio_fault(film, places=packets[1].key_places, channels=2) == "its sound changes its channels midway"


@given(content=st.binary(min_size=1, max_size=400), places=st.lists(st.integers(0, 500), max_size=5))
def test_no_bytes_make_it_fail(content: bytes, places: list[int]) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        packets = PacketFacts(places=places, key_places=places)
        video_fault(Path(file.name), packets=packets, keeps_units=True)
        audio_fault(Path(file.name), places=places, channels=2)
