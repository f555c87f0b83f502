"""A plan of several inputs and several runs is run in the room of its attempt: confined, bounded, watched, told."""

import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import imageio_ffmpeg
import pytest

from mediaproc.core.errors import AttemptFailed, ErrorClass, Stopped
from mediaproc.core.plan.model import Plan
from mediaproc.core.progress import Progress
from mediaproc.core.step import GRAPH_OPTION, Step
from mediaproc.ffmpeg.room import place_in, room_in
from mediaproc.ffmpeg.runner import FfmpegRunner, RunReport
from mediaproc.ffmpeg.sandbox_detection import SandboxSetting, find_sandbox
from mediaproc.ffmpeg.tools import Tools, find_tools
from tests.ffmpeg.drawn import FRAMES, drawn_plan, furnish, join_step, slice_step
from tests.ffmpeg.processes import descendants
from tests.parts.faces import DEJAVU
from tests.parts.quick_tools import quick_tools


@pytest.fixture(scope="module")
def furniture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return furnish(tmp_path_factory.mktemp("furniture"), ffmpeg=quick_tools().ffmpeg)


@pytest.fixture
def furnished(furniture: Path, tmp_path: Path) -> Path:
    """An attempt's private folder with a room, and two films in it."""
    shutil.copytree(furniture, room_in(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def quick() -> FfmpegRunner:
    """In bubblewrap, by an ffmpeg that starts quickly."""
    tools = quick_tools()
    return FfmpegRunner(tools, sandbox=find_sandbox("require", tool=tools.ffprobe))


def _made(
    runner: FfmpegRunner,
    plan: Plan,
    folder: Path,
    *,
    on_progress: Callable[[Progress], None] = lambda _: None,
    stop: threading.Event,
) -> RunReport:
    return runner.transcode(
        plan,
        variant=plan.variants[0],
        source=folder / "source",
        output=folder / plan.output_name,
        on_progress=on_progress,
        stop=stop,
    )


@pytest.mark.parametrize("setting", ["require", "off"])
def test_steps_read_each_others_files_and_the_last_makes_the_rendition(
    setting: SandboxSetting, furnished: Path, stop: threading.Event
) -> None:
    tools = quick_tools()
    runner = FfmpegRunner(tools, sandbox=find_sandbox(setting, tool=tools.ffprobe))
    told: list[Progress] = []
    report = _made(runner, drawn_plan(), furnished, on_progress=told.append, stop=stop)
    probe = runner.probe(furnished / "film.mp4", stop=stop)
    assert probe.videos[0].packets is not None
    assert probe.videos[0].packets.count == FRAMES
    assert len(probe.audios) == 1
    assert sorted(path.name for path in furnished.iterdir()) == ["film.mp4", "room"]
    assert report.log_tail == ""
    assert report.cpu_seconds > 0
    fractions = [progress.fraction for progress in told if progress.fraction is not None]
    assert fractions == sorted(fractions)
    assert {0.5, 1.0} <= set(fractions)


def _only(*arguments: str, name: str = "the only one", inputs: int = 1) -> Step:
    """A step that writes matroska, whatever else its arguments say."""
    return Step(
        name=name, arguments=(*arguments, "-c:v", "mpeg4", "-an", "-f", "matroska"), output="film", inputs=inputs
    )


def test_a_step_that_fails_is_named(quick: FfmpegRunner, furnished: Path, stop: threading.Event) -> None:
    plan = drawn_plan(slice_step(1, graph="g0001.txt"), slice_step(2, graph="nothing.txt"), join_step())
    with pytest.raises(AttemptFailed, match='In the step "pictures 2 of 2": ffmpeg ended with code') as caught:
        _made(quick, plan, furnished, stop=stop)
    assert caught.value.error_class is ErrorClass.TRANSCODE_FAILED
    assert "nothing.txt" in caught.value.log_tail


def test_a_step_that_makes_nothing_is_named(quick: FfmpegRunner, furnished: Path, stop: threading.Event) -> None:
    nothing = Step(name="sound", arguments=("-i", "file:m0001", "-map", "0:a", "-t", "0", "-f", "s16le"), output="s")
    with pytest.raises(AttemptFailed, match='In the step "sound": ffmpeg made nothing'):
        _made(quick, drawn_plan(nothing, join_step()), furnished, stop=stop)


def test_all_steps_share_one_wall_limit(quick: FfmpegRunner, furnished: Path, stop: threading.Event) -> None:
    endless = _only("-f", "lavfi", "-i", "color=s=640x480:r=1000", name="endless")
    plan = replace(drawn_plan(slice_step(1, graph="g0001.txt"), endless), wall_limit=0.2)
    with pytest.raises(AttemptFailed, match='In the step "endless": ffmpeg took longer') as caught:
        _made(quick, plan, furnished, stop=stop)
    assert caught.value.error_class is ErrorClass.TIMED_OUT


def test_a_stop_ends_the_step_and_all_that_follow(quick: FfmpegRunner, furnished: Path, stop: threading.Event) -> None:
    endless = _only("-f", "lavfi", "-i", "color=s=640x480:r=1000", name="endless")
    told: list[Progress] = []

    def stop_it(progress: Progress) -> None:
        told.append(progress)
        stop.set()

    with pytest.raises(Stopped):
        _made(quick, drawn_plan(endless, join_step()), furnished, on_progress=stop_it, stop=stop)
    assert "ffmpeg" not in descendants(os.getpid()).values()
    assert told


@pytest.mark.parametrize(
    "arguments",
    [
        ("-i", "file:/canary/film.mp4"),
        ("-i", "file:../canary.mp4"),
        ("-i", "http://127.0.0.1:9/film.mp4"),
        ("-protocol_whitelist", "file,http,tcp", "-format_whitelist", "ALL", "-i", "file:listed"),
        ("-i", "file:listed"),
        ("-i", "file:playlist"),
        ("-f", "hls", "-i", "file:playlist"),
        ("-f", "concat", "-safe", "0", "-i", "file:outside"),
    ],
)
def test_no_step_reads_what_is_not_in_its_room(
    arguments: tuple[str, ...], quick: FfmpegRunner, furnished: Path, stop: threading.Event
) -> None:
    """The canary beside the room is a film that could be read."""
    room = room_in(furnished)
    canary = furnished / "canary.mp4"
    canary.write_bytes((room / "m0001").read_bytes())
    (room / "listed").write_text("ffconcat version 1.0\nfile m0001\n")
    (room / "playlist").write_text("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nm0001\n#EXT-X-ENDLIST\n")
    (room / "outside").write_text(f"ffconcat version 1.0\nfile {canary}\n")
    with pytest.raises(AttemptFailed, match='In the step "the only one"'):
        _made(quick, drawn_plan(_only(*arguments)), furnished, stop=stop)


@pytest.mark.parametrize("name", ["listed", "playlist"])
def test_no_material_names_another_file_where_there_is_no_bubblewrap(
    name: str, furnished: Path, stop: threading.Event
) -> None:
    tools = quick_tools()
    bare = FfmpegRunner(tools, sandbox=find_sandbox("off", tool=tools.ffprobe))
    scripts = {
        "listed": "ffconcat version 1.0\nfile m0001\n",
        "playlist": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nm0001\n#EXT-X-ENDLIST\n",
    }
    (room_in(furnished) / name).write_text(scripts[name])
    with pytest.raises(AttemptFailed, match='In the step "the only one"'):
        _made(bare, drawn_plan(_only("-i", f"file:{name}")), furnished, stop=stop)


def test_a_list_of_the_steps_own_files_is_read(quick: FfmpegRunner, furnished: Path, stop: threading.Event) -> None:
    """The negative control of what is not read: the same list, as a plan of ours has it."""
    (room_in(furnished) / "listed").write_text("ffconcat version 1.0\nfile m0001\nfile m0002\n")
    _made(quick, drawn_plan(_only("-f", "concat", "-safe", "1", "-i", "file:listed")), furnished, stop=stop)


def test_no_step_writes_into_its_room(quick: FfmpegRunner, furnished: Path, stop: threading.Event) -> None:
    writes = _only("-i", "file:m0001", "-map", "0:v", "-c", "copy", "-f", "matroska", "file:m0002", "-map", "0:v")
    before = (room_in(furnished) / "m0002").read_bytes()
    with pytest.raises(AttemptFailed, match="the only one"):
        _made(quick, drawn_plan(writes), furnished, stop=stop)
    assert (room_in(furnished) / "m0002").read_bytes() == before


def test_a_hundred_inputs_are_read_at_once(quick: FfmpegRunner, furnished: Path, stop: threading.Event) -> None:
    """Each child may have as many files open as its step has inputs, and a few more."""
    many = 100
    inputs = ("-i", "file:m0001") * many
    graph = f"{''.join(f'[{number}:v]' for number in range(many))}concat=n={many}[v]"
    step = _only(*inputs, "-filter_complex", graph, "-map", "[v]", "-frames:v", "3", inputs=many)
    _made(quick, drawn_plan(step), furnished, stop=stop)
    with pytest.raises(AttemptFailed):
        _made(quick, drawn_plan(replace(step, inputs=1)), furnished, stop=stop)


@pytest.mark.parametrize("build", ["system", "wheel", "newest"])
def test_a_graph_in_a_file_is_read_by_every_build(
    build: str, tools: Tools, furnished: Path, stop: threading.Event
) -> None:
    programs = {"system": tools.ffmpeg, "wheel": quick_tools().ffmpeg, "newest": imageio_ffmpeg.get_ffmpeg_exe()}
    built = find_tools(ffmpeg=str(programs[build]), ffprobe=None)
    runner = FfmpegRunner(built, sandbox=find_sandbox("require", tool=built.ffprobe))
    _made(runner, drawn_plan(slice_step(1, graph="g0001.txt"), slice_step(2, graph="g0002.txt")), furnished, stop=stop)


_CAPTION = """\
[Script Info]
ScriptType: v4.00+
PlayResX: 160
PlayResY: 120

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, Alignment
Style: a,DejaVu Sans,40,&H00FFFFFF,5

[Events]
Format: Layer, Start, End, Style, Text
Dialogue: 0,0:00:00.00,0:00:09.00,a,Hello
"""


@pytest.mark.parametrize("setting", ["require", "off"])
def test_a_caption_has_the_faces_of_its_room_and_never_the_machines(
    setting: SandboxSetting, furnished: Path, stop: threading.Event
) -> None:
    """Without bubblewrap as with it, so that a film looks alike on every node."""
    tools = quick_tools()
    runner = FfmpegRunner(tools, sandbox=find_sandbox(setting, tool=tools.ffprobe))
    graph = "color=black:s=160x120:d=0.1:r=10,ass=f=caption.ass:fontsdir=fonts,format=gray[v]"
    step = Step(
        name="a caption",
        arguments=(GRAPH_OPTION, "graph.txt", "-map", "[v]", "-c:v", "rawvideo", "-f", "rawvideo"),
        output="film",
    )
    plan = drawn_plan(step, texts={"caption.ass": _CAPTION, "graph.txt": graph})
    _made(runner, plan, furnished, stop=stop)
    assert max((furnished / plan.output_name).read_bytes()) < 32
    shutil.copy(DEJAVU, place_in(room_in(furnished), "fonts/f01.ttf"))
    report = _made(runner, plan, furnished, stop=stop)
    assert max((furnished / plan.output_name).read_bytes()) > 200
    assert report.log_tail == ""


def test_a_texts_name_never_leads_out_of_the_room(tmp_path: Path) -> None:
    for name in ("../x", "/x", "a/b/c", "x y", "-y", "%03d", "x:y", "", ".", "..", "fonts/../x", "X"):
        with pytest.raises(ValueError, match="is no name for a file of a room"):
            place_in(tmp_path, name)
    assert place_in(tmp_path, "fonts/f01.ttf") == tmp_path / "fonts" / "f01.ttf"
