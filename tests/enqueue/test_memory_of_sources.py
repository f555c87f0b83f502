"""An attempt reserves the memory that its source needs, and takes no more."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from mediaproc.admission import MemoryBudget
from mediaproc.core.errors import AttemptFailed, ErrorClass
from mediaproc.core.ffmpeg_memory import PROBE_DATA
from mediaproc.core.limits import Limits
from mediaproc.core.plan import Plan, make_plan
from mediaproc.core.profile import profile_named
from mediaproc.core.task import Rendition
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.store.interface import Store
from tests.enqueue.conftest import Attempt, Taking
from tests.parts.clips import Clips
from tests.parts.growing_film import growing_film

_GIGABYTE = 1024**3


class Asked(MemoryBudget):
    """The memory of a large node; remembers each size that was reserved."""

    def __init__(self) -> None:
        super().__init__(8 * _GIGABYTE)
        self.sizes: list[int] = []

    @contextmanager
    def reserve(self, size: int, *, stop: threading.Event) -> Iterator[None]:
        self.sizes.append(size)
        with super().reserve(size, stop=stop):
            yield

    @contextmanager
    def reserve_patiently(self, size: int, *, stop: threading.Event, on_wait: Callable[[], None]) -> Iterator[None]:
        self.sizes.append(size)
        with super().reserve_patiently(size, stop=stop, on_wait=on_wait):
            yield


@pytest.fixture(scope="session")
def growing(tmp_path_factory: pytest.TempPathFactory) -> Mapping[bool, Path]:
    """The film that grows, by whether the large pictures are shown as small ones: each is made once."""
    return {
        shown_small: growing_film(tmp_path_factory.mktemp("growing"), shown_small=shown_small)
        for shown_small in (False, True)
    }


def test_a_probe_is_admitted_as_a_transcode_is(take: Taking, clips: Clips, store: Store, attempt: Attempt) -> None:
    take(clips.make())
    asked = Asked()
    assert isinstance(attempt(store, memory=asked), Rendition)
    assert asked.sizes[0] == PROBE_DATA
    assert len(asked.sizes) == 2


@pytest.mark.parametrize("shown_small", [False, True], ids=["grows", "grows, and is cut to what it was"])
def test_a_film_that_grows_is_ended_and_admitted_anew_with_what_it_takes(
    take: Taking,
    store: Store,
    attempt: Attempt,
    growing: Mapping[bool, Path],
    shown_small: bool,  # noqa: FBT001
) -> None:
    take(growing[shown_small])
    asked = Asked()
    ending = attempt(store, memory=asked)
    assert isinstance(ending, Rendition)
    assert ending.verification == "verified"
    _probe, first, second = asked.sizes
    assert second >= first + _GIGABYTE / 2


Bare = Callable[[Plan], Plan]


@pytest.mark.parametrize(
    ("shown_small", "bare", "is_ended"),
    [
        pytest.param(False, lambda plan: plan, True, id="with both guards"),
        pytest.param(
            False, lambda plan: replace(plan, decoded_pixels=Limits().max_pixels), True, id="its memory alone"
        ),
        pytest.param(False, lambda plan: replace(plan, memory=8 * _GIGABYTE), True, id="its pixels alone"),
        pytest.param(True, lambda plan: replace(plan, memory=8 * _GIGABYTE), False, id="pixels that are not shown"),
        pytest.param(
            False,
            lambda plan: replace(plan, memory=8 * _GIGABYTE, decoded_pixels=Limits().max_pixels),
            False,
            id="without either guard",
        ),
    ],
)
def test_neither_guard_is_enough(
    runner: FfmpegRunner,
    growing: Mapping[bool, Path],
    tmp_path: Path,
    shown_small: bool,  # noqa: FBT001
    bare: Bare,
    is_ended: bool,  # noqa: FBT001
) -> None:
    """The controls: without both guards, or with pixels that are never shown, the film gets all the memory it wants."""
    source, stop = growing[shown_small], threading.Event()
    probe = runner.probe(source, stop=stop)
    plan = bare(make_plan(probe, profile=profile_named("mp4"), threads=1))
    variant = next(variant for variant in plan.variants if variant.encodes_video)

    def transcode() -> None:
        runner.transcode(
            plan,
            variant=variant,
            source=source,
            output=tmp_path / plan.output_name,
            on_progress=lambda _: None,
            stop=stop,
        )

    if not is_ended:
        transcode()
        return
    with pytest.raises(AttemptFailed) as caught:
        transcode()
    assert caught.value.error_class is ErrorClass.OUT_OF_MEMORY
