"""A film that was joined otherwise than planned is noticed by what its own plan looks at, and listens to."""

import subprocess
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from mediaproc.core.errors import AttemptFailed, BadSource, ErrorClass
from mediaproc.core.plan.model import Plan
from mediaproc.core.probe import Probe
from mediaproc.core.render import slices
from mediaproc.core.render.room_file import RoomFile
from mediaproc.core.render.samples import is_repeatable
from mediaproc.core.verification import VerificationResult
from mediaproc.ffmpeg.room import room_in
from tests.ffmpeg.attempt import noise_in_place_of_media
from tests.parts.quick_tools import quick_tools
from tests.render.films import Studio, clip, grey_film, made, plan_of, project
from tests.render.sounding import sound


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio.of(quick_tools())


@pytest.fixture(scope="module")
def furnished(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Plan]:
    """A folder with what was made of a plan of two slices, one of a dark material and one of a bright one."""
    folder = tmp_path_factory.mktemp("attempt")
    dark, bright = (grey_film(folder, name, frames=20, first=first) for name, first in (("m0001", 0), ("m0002", 100)))
    clips = [
        clip(material, first=begin + 2 * place, frames=2, start=2 * place / 25)
        for begin, material in ((0, dark[0]), (16, bright[0]))
        for place in range(8)
    ]
    timeline = project(clips, frames=32, sounds=[sound(dark[0], frames=16, may_be_missing=True)])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(slices, "_MOST_INPUTS", 8)
        plan = plan_of(timeline, files=dict((dark, bright)))
    film, verification = made(plan, folder=folder, studio=studio)
    assert len(plan.variants[0].steps) == 3
    assert verification.result is VerificationResult.VERIFIED
    film.unlink()
    return folder, plan


def _joined(plan: Plan, *, folder: Path, studio: Studio, texts: dict[str, str]) -> None:
    """Runs the last step alone with other texts, and verifies what it gives."""
    variant = plan.variants[0]
    last = replace(variant, steps=variant.steps[-1:])
    source, output, stop = folder / "source", folder / plan.output_name, threading.Event()
    studio.runner.transcode(
        replace(plan, texts={**plan.texts, **texts}),
        variant=last,
        source=source,
        output=output,
        on_progress=lambda _: None,
        stop=stop,
    )
    studio.runner.verify(output, source=source, plan=plan, variant=variant, stop=stop)


def test_slices_that_are_swapped_lost_or_repeated_are_noticed(furnished: tuple[Path, Plan], studio: Studio) -> None:
    folder, plan = furnished
    begin, one, other = _parts(plan.texts["slices.txt"])
    _joined(plan, folder=folder, studio=studio, texts={})
    for order, complaint in (
        (begin + other + one, "is not the one that was planned"),
        (begin + one + one, "is not the one that was planned"),
        (begin + one, "pictures and not 32"),
        (begin + one + other + one, "pictures and not 32"),
    ):
        with pytest.raises(AttemptFailed, match=complaint):
            _joined(plan, folder=folder, studio=studio, texts={"slices.txt": order})


def test_a_slice_that_is_black_and_sound_that_is_silent_are_noticed(
    furnished: tuple[Path, Plan], studio: Studio
) -> None:
    folder, plan = furnished
    begin, one, other = _parts(plan.texts["slices.txt"])
    name = plan.variants[0].steps[1].output
    black = ("-f", "lavfi", "-i", "color=black:s=64x36:r=25:d=4", "-frames:v", str(plan.variants[0].steps[1].frames))
    tags = ("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")
    codec = ("-c:v", "libx264", "-pix_fmt", "yuv420p", *tags, "-video_track_timescale", "12800", "-f", "mp4")
    target = room_in(folder) / "black.mp4"
    subprocess.run([str(studio.tools.ffmpeg), "-v", "error", "-y", *black, *codec, str(target)], check=True)
    with pytest.raises(AttemptFailed, match="is black"):
        _joined(
            plan, folder=folder, studio=studio, texts={"slices.txt": begin + one + other.replace(name, "black.mp4")}
        )
    silent = plan.texts["sound.txt"].replace("[sound]", ",volume=0[sound]")
    assert silent != plan.texts["sound.txt"]
    with pytest.raises(AttemptFailed, match="its sound is silent"):
        _joined(plan, folder=folder, studio=studio, texts={"sound.txt": silent})


def _parts(listed: str) -> tuple[str, str, str]:
    """The begin of a list of two slices, and what stands for each."""
    begin, one, other = listed.split("file ")
    return begin, f"file {one}", f"file {other}"


def test_a_material_of_which_nothing_decodes_rejects_by_its_name(studio: Studio, tmp_path: Path) -> None:
    """Its head is whole, so that it can be probed, and no further attempt would mend it."""
    good, broken = (grey_film(tmp_path, name, frames=10) for name in ("m0001", "m0002"))
    plan = plan_of(
        project([clip(good[0], frames=10), clip(broken[0], first=10, frames=10)], frames=20),
        files=dict((good, broken)),
    )
    place = room_in(tmp_path) / "m0002"
    whole = place.read_bytes()
    place.write_bytes(noise_in_place_of_media(whole))
    with pytest.raises(BadSource, match=r'"m0002\.mp4" cannot be used: its picture cannot be decoded') as rejected:
        made(plan, folder=tmp_path, studio=studio)
    assert rejected.value.error_class is ErrorClass.UNDECODABLE
    # What fails while all materials decode is no fault of theirs.
    place.write_bytes(whole)
    variant = plan.variants[0]
    step = replace(variant.steps[0], arguments=("-no_such_option", *variant.steps[0].arguments))
    with pytest.raises(AttemptFailed, match='In the step "film"'):
        made(replace(plan, variants=(replace(variant, steps=(step,)),)), folder=tmp_path, studio=studio)


def test_a_picture_of_a_material_without_an_index_is_not_looked_at(tmp_path: Path) -> None:
    material, file = grey_film(tmp_path, "m0001", frames=5)
    timeline = project([clip(material, frames=5)], frames=5)
    nested = project([clip(timeline, frames=5)], frames=5)
    streamed = RoomFile(name=file.name, probe=Probe(format_name="mpegts"))
    for each in (timeline, nested):
        assert is_repeatable(each, 2, files={material: file})
        assert not is_repeatable(each, 2, files={material: streamed})
