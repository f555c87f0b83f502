"""A material may be a film, a picture, an animation or sound; what is none of them is refused by its name."""

import subprocess
import threading
from pathlib import Path

import pytest

from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.ffmpeg.sandbox_detection import SandboxSetting, find_sandbox
from tests.parts.quick_tools import quick_tools

_PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=64x48:d=1:r=5")
_SOUND = ("-f", "lavfi", "-i", "sine=d=1")
_FORMS = {
    "png": (*_PICTURE, "-frames:v", "1", "-c:v", "png", "-f", "image2"),
    "jpeg": (*_PICTURE, "-frames:v", "1", "-c:v", "mjpeg", "-f", "image2"),
    "webp": (*_PICTURE, "-frames:v", "1", "-c:v", "libwebp", "-f", "webp"),
    "gif": (*_PICTURE, "-f", "gif"),
    "apng": (*_PICTURE, "-f", "apng"),
    "mp4": (*_PICTURE, "-c:v", "libx264", "-f", "mp4"),
    "mp3": (*_SOUND, "-c:a", "libmp3lame", "-f", "mp3"),
}


@pytest.fixture(scope="module")
def quick() -> FfmpegRunner:
    """In bubblewrap, by programs that start quickly."""
    tools = quick_tools()
    return FfmpegRunner(tools, sandbox=find_sandbox("require", tool=tools.ffprobe))


def _made(form: str, *, folder: Path) -> Path:
    """A material under a name of the room, which says nothing of its form."""
    material = folder / "m0001"
    command = [str(quick_tools().ffmpeg), "-v", "error", "-y", *_FORMS[form], str(material)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return material


@pytest.mark.parametrize("form", _FORMS)
def test_a_material_of_any_usual_form_is_known(
    form: str, quick: FfmpegRunner, tmp_path: Path, stop: threading.Event
) -> None:
    probe = quick.probe_material(_made(form, folder=tmp_path), name="a", stop=stop)
    if form == "mp3":
        assert (len(probe.videos), len(probe.audios)) == (0, 1)
    else:
        assert [(video.width, video.height) for video in probe.videos] == [(64, 48)]
        assert probe.videos[0].usable


@pytest.mark.parametrize(
    ("content", "error_class", "sentence"),
    [
        (b"", ErrorClass.EMPTY, 'The material "holiday.png" is an empty file; put the original file in its place.'),
        (
            b"no picture at all\n" * 1000,
            ErrorClass.UNREADABLE,
            (
                'The material "holiday.png" is no film, picture or sound in a format that can be read here (mp4, mov,'
                " mkv, png, jpg, gif, mp3, wav and others); put the original file in its place."
            ),
        ),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><image href='/etc/passwd'/></svg>",
            ErrorClass.UNREADABLE,
            "",
        ),
    ],
)
def test_what_is_no_material_is_refused_by_its_name(
    content: bytes,
    error_class: ErrorClass,
    sentence: str,
    quick: FfmpegRunner,
    tmp_path: Path,
    stop: threading.Event,
) -> None:
    material = tmp_path / "m0001"
    material.write_bytes(content)
    with pytest.raises(BadSource) as caught:
        quick.probe_material(material, name="holiday.png", stop=stop)
    assert caught.value.error_class is error_class
    assert str(caught.value) == sentence or not sentence


@pytest.mark.parametrize("setting", ["require", "off"])
@pytest.mark.parametrize("script", ["ffconcat", "hls"])
def test_a_material_that_names_other_files_is_no_material(
    script: str, setting: SandboxSetting, tmp_path: Path, stop: threading.Event
) -> None:
    tools = quick_tools()
    runner = FfmpegRunner(tools, sandbox=find_sandbox(setting, tool=tools.ffprobe))
    other = _made("mp4", folder=tmp_path).rename(tmp_path / "other.mp4")
    scripts = {
        "ffconcat": f"ffconcat version 1.0\nfile {other.name}\n",
        "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{other.name}\n#EXT-X-ENDLIST\n",
    }
    material = tmp_path / "m0001"
    material.write_text(scripts[script])
    with pytest.raises(BadSource, match="is no film, picture or sound"):
        runner.probe_material(material, name="film.mp4", stop=stop)


def test_a_picture_larger_than_the_site_takes_is_refused(
    quick: FfmpegRunner, tmp_path: Path, stop: threading.Event
) -> None:
    material = tmp_path / "m0001"
    picture = ("-f", "lavfi", "-i", "color=s=8200x16:d=1:r=1", "-frames:v", "1", "-c:v", "png", "-f", "image2")
    subprocess.run(
        [str(quick_tools().ffmpeg), "-v", "error", *picture, str(material)], check=True, stdin=subprocess.DEVNULL
    )
    with pytest.raises(BadSource, match=r'"wide\.png" cannot be used: The picture is 8200 x 16'):
        quick.probe_material(material, name="wide.png", stop=stop)
