"""A processor that a package brings plans a task, and can neither skip what guards an attempt nor end its executor."""

import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import IO

import pytest

from mediaproc.core.errors import BadSource, ErrorClass, Stopped
from mediaproc.core.expectation import Expectation, ExpectedReport, ExpectedStreams, Medium
from mediaproc.core.lifecycle import Failed, Rejected
from mediaproc.core.limits import Limits
from mediaproc.core.plan import Plan, Step, Variant
from mediaproc.core.plan.model import VariantName
from mediaproc.core.profile import Profile
from mediaproc.core.task import Rendition
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.ffmpeg.sandbox_detection import SandboxSetting, find_sandbox
from mediaproc.processors import Facts
from mediaproc.processors.interface import InputFile, Inputs
from mediaproc.store.directory import DirectoryStore
from tests.enqueue.conftest import Watching
from tests.parts.clips import Clips
from tests.parts.quick_tools import quick_tools
from tests.processors.brought import Shrinking, candidate, processors, profile
from tests.processors.conftest import Attempt

_REPORT = replace(profile("sums"), medium=Medium.REPORT, extension="txt", mime_type="text/plain")
_LINE = r"\d+,[va],SHA256=[0-9a-f]{64}"


def test_its_plan_is_run_and_verified_as_any_other(attempt: Attempt, clips: Clips) -> None:
    ending = attempt(clips.make(), profile="tiny", processors=processors(candidate(Shrinking))).ending
    assert isinstance(ending, Rendition)
    assert (ending.height, ending.verification) == (64, "verified")


def test_a_file_that_it_does_not_accept_is_rejected_with_a_sentence(attempt: Attempt, clips: Clips) -> None:
    found = processors(candidate(Shrinking))
    ending = attempt(clips.make(), profile="tiny", processors=found, mime_type="text/plain").ending
    assert isinstance(ending, Rejected)
    assert ending.error == "The profile tiny makes nothing of a file of this kind, text/plain."


class _Bringing(Shrinking):
    """Plans whatever it is made with."""

    profiles: Sequence[Profile] = (_REPORT,)

    def __init__(self, plan: Callable[[Limits], object]) -> None:
        self._plan = plan

    def plan(self, facts: Facts, *, profile: Profile, threads: int, limits: Limits) -> Plan:  # noqa: ARG002
        return self._plan(limits)  # type: ignore[return-value]


def _report(
    limits: Limits,
    *,
    before: Sequence[str] = (),
    after: Sequence[str] = (),
    line: str = _LINE,
    steps: tuple[Step, ...] = (),
) -> Plan:
    variant = Variant(
        name=VariantName.ENCODE,
        input_arguments=tuple(before),
        output_arguments=(*after, "-map", "0", "-f", "streamhash", "-hash", "sha256"),
        flags=(),
        expectation=Expectation(
            medium=Medium.REPORT,
            streams=ExpectedStreams(formats=()),
            report=ExpectedReport(line=line),
            limits=limits,
        ),
        steps=steps,
    )
    return Plan(
        profile=_REPORT, output_name="report.txt", mime_type="text/plain", variants=(variant,), duration=1.0,
        memory=2**27, wall_limit=600, output_estimate=1000, decode_test=("-map", "0"),
    )  # fmt: skip


def test_a_report_is_verified_by_its_form(
    attempt: Attempt, clips: Clips, store: DirectoryStore, tmp_path: Path
) -> None:
    ran = attempt(clips.make(), profile="sums", processors=processors(candidate(lambda: _Bringing(_report))))
    assert isinstance(ran.ending, Rendition), ran
    assert (ran.ending.verification, ran.ending.is_film) == ("verified", False)
    store.get(ran.ending.key, tmp_path / "got", stop=threading.Event())
    assert [line[:11] for line in (tmp_path / "got").read_text().splitlines()] == ["0,v,SHA256=", "1,a,SHA256="]


@pytest.mark.parametrize("line", ["nothing of the kind", "", r"\d+,v,SHA256=[0-9a-f]{64}"])
def test_a_report_of_another_form_is_a_failure(attempt: Attempt, clips: Clips, line: str) -> None:
    brought = candidate(lambda: _Bringing(partial(_report, line=line)))
    ending = attempt(clips.make(), profile="sums", processors=processors(brought)).ending
    assert isinstance(ending, Failed)
    assert ending.error_class is ErrorClass.VERIFICATION_FAILED
    assert "The report is not what was planned: a line of it is '" in ending.error


def _divides(_limits: Limits) -> object:
    return 1 // 0


def _leaves(_limits: Limits) -> object:
    sys.exit(3)


def _stops(_limits: Limits) -> object:
    raise Stopped("as if the executor had told it to")


_ITS = "The processor shrinking of shrink-package 1.2 "


@pytest.mark.parametrize(
    ("plan", "sentence"),
    [
        (_divides, "has a bug: ZeroDivisionError (integer division or modulo by zero)."),
        (_leaves, "has a bug: SystemExit (3)."),
        (_stops, "has a bug: Stopped (as if the executor had told it to)."),
        (lambda _: None, "gave 'NoneType' in place of a plan."),
        (lambda limits: replace(_report(limits), output_name="../../report"), "gave a plan that names an output that"),
        (lambda limits: replace(_report(limits), output_name="source"), "gave a plan that names an output that"),
        (lambda limits: replace(_report(limits), wall_limit=1e12), "gave a plan that may take for ever."),
        (lambda limits: replace(_report(limits), wall_limit=float("nan")), "gave a plan that may take for ever."),
        (lambda limits: replace(_report(limits), memory=0), "gave a plan that needs no memory."),
        (lambda limits: replace(_report(limits), mime_type="text/html"), "gave a plan that has another MIME type"),
        (lambda limits: _report(replace(limits, max_output_bytes=2**60)), "gave a plan that sets its own limits."),
        (lambda limits: replace(_report(limits), texts={"../x": ""}), "gave a plan that names a text that may not be."),
        (lambda limits: replace(_report(limits), variants=()), "gave a plan without a variant."),
    ],
)
def test_its_bug_fails_the_attempt_with_a_sentence_that_names_it(
    attempt: Attempt, clips: Clips, plan: Callable[[Limits], object], sentence: str
) -> None:
    ran = attempt(clips.make(), profile="sums", processors=processors(candidate(lambda: _Bringing(plan))))
    assert isinstance(ran.ending, Failed), ran
    assert ran.ending.error_class is ErrorClass.BUG
    assert ran.ending.error.startswith(_ITS + sentence)
    assert ("Traceback" in ran.report.log_tail) == ("has a bug" in sentence)


@contextmanager
def _canary_server() -> Iterator[tuple[str, list[object]]]:
    """A port of this machine, and who has connected to it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)  # noqa: FBT003 - the library's own order
        callers: list[object] = []
        yield f"http://127.0.0.1:{server.getsockname()[1]}/film.mp4", callers
        # Who has connected waits to be accepted.
        with suppress(BlockingIOError):
            callers.append(server.accept()[1])


_RAW = ("-f", "rawvideo", "-vn")


# What a filter of ffmpeg may open, only bubblewrap tells apart.
_WAYS = ("input", "limits", "step", "step in a list", "network", "network step")


@pytest.mark.parametrize(
    ("sandbox", "way"), [*product(["auto", "off"], _WAYS), ("auto", "filter")], ids=lambda each: each
)
def test_it_reaches_no_other_file_and_no_network(
    attempt: Attempt, clips: Clips, tmp_path: Path, sandbox: SandboxSetting, way: str
) -> None:
    tools = quick_tools()
    runner = FfmpegRunner(tools, sandbox=find_sandbox(sandbox, tool=tools.ffmpeg))
    secret = clips.make("mov", seed=99)
    listed = tmp_path / "list.txt"
    listed.write_text(f"ffconcat version 1.0\nfile {secret}\n")
    with _canary_server() as (url, callers):
        in_a_list = ("-f", "concat", "-safe", "0", "-i", str(listed))
        hash_it = ("-map", "0", "-f", "streamhash", "-hash", "sha256")
        ways: dict[str, Callable[[Limits], Plan]] = {
            "input": partial(_report, before=("-i", f"file:{secret}")),
            "limits": partial(_report, before=("-protocol_whitelist", "file,http,tcp"), after=("-i", url)),
            "filter": partial(_report, after=("-filter_complex", f"movie={secret},scale=64:48")),
            "step": partial(_report, steps=(_step("-i", f"file:{secret}", *hash_it),)),
            "step in a list": partial(_report, steps=(_step(*in_a_list, *hash_it),)),
            "network": partial(_report, after=("-f", "data", url)),
            "network step": partial(_report, steps=(_step("-i", url, *hash_it),)),
        }  # fmt: skip
        brought = candidate(lambda: _Bringing(ways[way]))
        ran = attempt(clips.make(), profile="sums", processors=processors(brought), runner=runner)
    assert isinstance(ran.ending, Failed | Rejected), ran
    assert callers == []


def _step(*arguments: str) -> Step:
    return Step(name="theft", arguments=arguments, output="report.txt")


class _Opening(_Bringing):
    """Has two inputs of its own: the source in two halves, as text."""

    files: Callable[[bytes], Sequence[InputFile]]

    def __init__(
        self, files: Callable[[bytes], Sequence[InputFile]], plan: Callable[[Limits], object] = _report
    ) -> None:
        super().__init__(plan)
        self.files = files

    @contextmanager
    def inputs(self, source: Path, *, profile: Profile, limits: Limits) -> Iterator[Inputs]:  # noqa: ARG002
        yield Inputs(files=self.files(source.read_bytes()), reading=len(source.read_bytes()))


def _write(target: IO[bytes], *, content: bytes) -> None:
    target.write(content)


def _fail(_target: IO[bytes]) -> None:
    raise LookupError("where was it?")


def _input(content: bytes, *, name: str = "m0001", size: int | None = None) -> InputFile:
    return InputFile(
        name=name, size=len(content) if size is None else size, write=partial(_write, content=content), told_as="a.avi"
    )


def _of_room(limits: Limits) -> Plan:
    step = _step(
        "-i", "file:m0001", "-i", "file:m0002", "-map", "0:v", "-map", "1:v", "-f", "streamhash", "-hash", "sha256"
    )
    return _report(limits, steps=(step,))


def test_it_may_have_several_inputs_which_are_probed_and_found_by_name(attempt: Attempt, clips: Clips) -> None:
    seen: list[Facts] = []

    class Seeing(_Opening):
        def plan(self, facts: Facts, *, profile: Profile, threads: int, limits: Limits) -> Plan:
            seen.append(facts)
            return super().plan(facts, profile=profile, threads=threads, limits=limits)

    brought = candidate(lambda: Seeing(lambda all_: [_input(all_), _input(all_, name="m0002")], _of_room))
    ran = attempt(clips.make(), profile="sums", processors=processors(brought))
    assert isinstance(ran.ending, Rendition), ran
    assert seen[0].source is None
    assert {name: probe.videos[0].width for name, probe in seen[0].inputs.items()} == {"m0001": 160, "m0002": 160}
    assert seen[0].reading == clips.make().stat().st_size


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ([_input(b"x", name="../m1")], "gave an input a name that may not be, '../m1'."),
        ([_input(b"x", name="a/b/c")], "gave an input a name that may not be, 'a/b/c'."),
        ([_input(b"x", name="M1")], "gave an input a name that may not be, 'M1'."),
        ([_input(b"x"), _input(b"y")], "gave two inputs one name."),
        ([_input(b"x", size=-1)], "gave an input of less than nothing."),
        ([replace(_input(b"x"), write=_fail)], "has a bug: LookupError (where was it?)."),
        ([3], "gave an input that is none."),
    ],
)
def test_inputs_that_may_not_be_fail_the_attempt(
    attempt: Attempt, clips: Clips, files: Sequence[InputFile], sentence: str
) -> None:
    brought = candidate(lambda: _Opening(lambda _all: files))
    ending = attempt(clips.make(), profile="sums", processors=processors(brought)).ending
    assert isinstance(ending, Failed), ending
    assert ending.error.startswith(_ITS + sentence)


def test_an_input_that_outgrows_what_was_promised_for_it_fails_the_attempt(attempt: Attempt, clips: Clips) -> None:
    brought = candidate(lambda: _Opening(lambda _all: [_input(b"xyz", size=2)]))
    ending = attempt(clips.make(), profile="sums", processors=processors(brought)).ending
    assert isinstance(ending, Failed), ending
    assert ending.error == "The input m0001 has more than the 2 bytes that were promised."


def test_an_input_that_is_no_media_is_told_by_its_uploaders_name(attempt: Attempt, clips: Clips) -> None:
    brought = candidate(lambda: _Opening(lambda _all: [_input(b"xyz")]))
    ending = attempt(clips.make(), profile="sums", processors=processors(brought)).ending
    assert isinstance(ending, Rejected), ending
    assert ending.error.startswith('The material "a.avi" is no film, picture or sound')


def test_a_refusal_of_its_own_is_the_uploads_fault(attempt: Attempt, clips: Clips) -> None:
    def refuse(_all: bytes) -> Sequence[InputFile]:
        raise BadSource("There is nothing in it.", error_class=ErrorClass.EMPTY)

    ending = attempt(clips.make(), profile="sums", processors=processors(candidate(lambda: _Opening(refuse)))).ending
    assert ending == Rejected(error_class=ErrorClass.EMPTY, error="There is nothing in it.")


def test_who_is_told_to_stop_while_inputs_are_written_stops(attempt: Attempt, clips: Clips) -> None:
    observer = Watching()

    def write(target: IO[bytes]) -> None:
        observer.stop.set()
        target.write(b"xyz")

    files = [replace(_input(b"xyz"), write=write)]
    ran = attempt(
        clips.make(), profile="sums", processors=processors(candidate(lambda: _Opening(lambda _all: files))),
        observer=observer,
    )  # fmt: skip
    assert ran.ending is None
