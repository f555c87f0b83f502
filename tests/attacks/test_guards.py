"""Each option that guards ffmpeg is needed: without it the attack that it is meant against does harm.

The tests run with limits only, so that only options and the kernel's limits guard.
"""

import os
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mediaproc.core.errors import BadSource
from mediaproc.core.limits import SOURCE_FORMATS, Limits, input_limits
from mediaproc.core.plan import arguments
from mediaproc.core.plan.model import Plan
from mediaproc.ffmpeg import prober, sandbox, sandbox_detection
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.ffmpeg.sandbox_detection import find_sandbox
from mediaproc.ffmpeg.tools import Tools
from tests.attacks.attack import MEGABYTE, Attack, Observation
from tests.attacks.attack_folder import AttackFolder
from tests.attacks.attack_run import Mode, observe_our_pipeline
from tests.attacks.makers import ATTACKS
from tests.attacks.observers import listening
from tests.attacks.test_attacks import needs_a_copy_of_passwd

LIMITS_ONLY = Mode(name="limits only", sandbox="off")
NAMED = {attack.name: attack for attack in ATTACKS}

# The changed options and their values; None leaves an option out.
Change = Mapping[str, str | None]
UNCHANGED: Change = {}

# By default playlists open only local files; with these protocols, which guides recommend, only our option is left.
ANY_PROTOCOL: Change = {"-protocol_whitelist": "file,crypto,data,http,tcp,udp,rtp"}
ANY_FORMAT: Change = {"-format_whitelist": None}
# Turns off ffmpeg's own guard against ffconcat scripts, as guides recommend.
ANY_NAME: Change = {"-safe": "0"}


@pytest.fixture(autouse=True)
def _without_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns off the filter of system calls, which by itself stops connections, whatever ffmpeg's options are."""
    monkeypatch.setattr(sandbox_detection, "has_filter", lambda: False)


@pytest.mark.parametrize(
    ("name", "beside", "guard"),
    [
        ("HLS: sibling", UNCHANGED, ANY_FORMAT),
        ("ffconcat: sibling", UNCHANGED, ANY_FORMAT),
        ("ffconcat: /etc/passwd", ANY_NAME, ANY_FORMAT),
        ("HLS: loopback address", ANY_FORMAT, ANY_PROTOCOL),
        ("SDP: a port to listen on", ANY_FORMAT, ANY_PROTOCOL),
        ("three tables of 30 million entries", UNCHANGED, {"-max_alloc": None}),
        ("a second picture that is enormous", UNCHANGED, {"-max_pixels": None}),
    ],
)
def test_without_its_guard_an_attack_does_harm(
    name: str, beside: Change, guard: Change, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    attack = NAMED[name]
    needs_a_copy_of_passwd(attack)
    _lift_limits_of_memory(monkeypatch)
    _change_options(beside, monkeypatch)
    assert not attack.harm(_seen(name, tools=tools))
    _change_options({**beside, **guard}, monkeypatch)
    assert attack.harm(_seen(name, tools=tools))


def test_without_its_guard_every_stream_is_probed(
    tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = NAMED["600 tracks in mp4"].make(AttackFolder(path=tmp_path, port=0, ffmpeg=tools.ffmpeg))
    runner, stop = FfmpegRunner(tools, sandbox=find_sandbox("require", tool=tools.ffprobe)), threading.Event()
    with pytest.raises(BadSource, match="more streams than are accepted"):
        runner.probe(upload, packets=False, stop=stop)
    _change_options({"-max_streams": None}, monkeypatch)
    assert runner.probe(upload, packets=False, stop=stop).stream_count == 600


def test_without_a_whole_address_another_file_of_that_name_is_read(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guards are `file:` before an absolute path, and another working folder than the upload's."""
    name = "a name that is an address: file:sibling.mp4"
    assert not NAMED[name].harm(_seen(name, tools=tools))
    monkeypatch.setattr(sandbox, "_url", _bare_name)
    monkeypatch.setattr(subprocess, "Popen", _Remaining)
    assert NAMED[name].harm(_seen(name, tools=tools))


def test_without_its_limit_the_output_becomes_as_large_as_it_will(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel's limit of the file is higher, so that ffmpeg can end its film in good order."""
    # A film of ten seconds, so that the frames in the encoder at its end are a small part.
    attack = replace(
        NAMED["noise as mpeg4 fills the disk"],
        make=lambda folder: folder.clip("-vf", "loop=9:25,noise=alls=100:allf=t+u", "-c:v", "mpeg4", "-q:v", "2"),
        limits=Limits(max_output_bytes=MEGABYTE // 4),
        harm=lambda observation: observation.output_size > MEGABYTE,
    )
    assert not attack.harm(_seen_of(attack, tools=tools))
    bare = arguments._bare  # noqa: SLF001
    monkeypatch.setattr(arguments, "_bare", lambda limits: _without("-fs", bare(limits)))
    assert attack.harm(_seen_of(attack, tools=tools))


class _Remaining(subprocess.Popen[bytes]):
    """A child process that stays in its parent's working folder."""

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - as the real one
        super().__init__(*arguments, **(options | {"cwd": None}))


def _bare_name(path: Path) -> str:
    """The bare file name, after a change into its folder: only for a process that ends with its attack."""
    os.chdir(path.parent)
    return path.name


def _without(option: str, words: tuple[str, ...]) -> tuple[str, ...]:
    place = words.index(option)
    return (*words[:place], *words[place + 2 :])


def _seen(name: str, *, tools: Tools) -> Observation:
    return _seen_of(NAMED[name], tools=tools)


def _seen_of(attack: Attack, *, tools: Tools) -> Observation:
    with listening() as listener:
        return observe_our_pipeline(attack, tools=tools, mode=LIMITS_ONLY, listener=listener)


def _lift_limits_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lifts the kernel's limits of memory, which would end an allocation that the options forbid."""
    limits = sandbox._limits  # noqa: SLF001 - they have no other handle
    lifted = {"address space", "memory of its own"}
    monkeypatch.setattr(sandbox, "_limits", lambda rlimits: (each for each in limits(rlimits) if each[0] not in lifted))


def _change_options(change: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes the options of ffprobe and ffmpeg until the test ends."""
    options = _with(change)
    monkeypatch.setattr(prober, "input_limits", options)
    monkeypatch.setattr(arguments, "input_limits", options)
    if "-max_pixels" in change:  # a plan has one of its own, for the stream that it encodes
        monkeypatch.setattr(Plan, "input_arguments", lambda _, variant: variant.input_arguments)


def _with(change: Change) -> Callable[..., tuple[str, ...]]:
    def options(limits: Limits, *, formats: tuple[str, ...] = SOURCE_FORMATS) -> tuple[str, ...]:
        words = input_limits(limits, formats=formats)
        given: dict[str, str | None] = dict(zip(words[::2], words[1::2], strict=True))
        return tuple(word for name, value in (given | dict(change)).items() if value for word in (name, value))

    return options
