"""The bars that the product is held to over 149 real files, from enqueue to history."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.corpus.manifest import Sample
from tests.corpus.product import Fate, Product
from tests.corpus.pyav_measurement import Look, look_at, stands_upright

# One worker runs the corpus once; it is minutes of encoding.
pytestmark = pytest.mark.timeout(1800)

# What the reference made of a file -> the classes under which it may be turned away.
_RIGHT_CLASSES = {
    "reject": {"unreadable", "truncated"},
    "no-video": {"no_video"},
    "no-stream": {"undecodable", "no_video"},
    "enc-fail": {"undecodable"},
}


def test_every_file_ends_and_nothing_is_left_behind(
    samples: tuple[Sample, ...], fates: Mapping[str, Fate], product: Product
) -> None:
    assert len(fates) == len(samples) == 149
    assert {fate.outcome for fate in fates.values()} <= {"completed", "rejected", "refused"}
    assert product.scratch_left() == []


def test_98_of_the_100_good_files_become_a_film(samples: tuple[Sample, ...], fates: Mapping[str, Fate]) -> None:
    good = [sample for sample in samples if sample.ok]
    assert len(good) == 100
    done = [sample.name for sample in good if fates[sample.name].outcome == "completed"]
    assert len(done) >= 98
    assert all(fates[name].verification in {"verified", "salvaged"} for name in done)
    assert all(fates[name].ratio is not None for name in done if fates[name].verification == "salvaged")


def test_each_encode_says_why(fates: Mapping[str, Fate]) -> None:
    encodes = [fate for fate in fates.values() if fate.decision in {"encode", "gentle"}]
    assert encodes
    assert all(fate.flags for fate in encodes)


def test_what_is_turned_away_has_the_right_class_and_a_sentence(
    samples: tuple[Sample, ...], fates: Mapping[str, Fate]
) -> None:
    turned_away = [sample for sample in samples if fates[sample.name].outcome in {"rejected", "refused"}]
    for sample in turned_away:
        fate = fates[sample.name]
        assert fate.error.endswith("."), sample.name
        assert fate.error.count("\n") == 0, sample.name
        if not sample.ok:
            assert fate.error_class in _RIGHT_CLASSES[sample.reference.split(" ")[0]], sample.name


def test_what_is_refused_at_enqueue_is_no_good_file(samples: tuple[Sample, ...], fates: Mapping[str, Fate]) -> None:
    refused = [sample for sample in samples if fates[sample.name].outcome == "refused"]
    assert len(refused) >= 40
    assert not [sample.name for sample in refused if sample.ok]


def test_a_second_tool_finds_in_each_output_what_was_in_its_source(
    samples: tuple[Sample, ...], fates: Mapping[str, Fate]
) -> None:
    done = [sample for sample in samples if fates[sample.name].outcome == "completed"]
    with ThreadPoolExecutor(max_workers=2) as pool:
        complaints = list(pool.map(lambda sample: _complaints(sample, fates[sample.name]), done))
    assert [complaint for several in complaints for complaint in several] == []
    assert len(complaints) >= 98


def _complaints(sample: Sample, fate: Fate) -> list[str]:
    assert fate.output is not None
    source, output = look_at(sample.path, fate.output)
    width, height = _upright(source)
    checks = (
        (abs(output.frames - source.frames) <= source.frames / 100, f"{source.frames} frames became {output.frames}"),
        (output.key_frames > 0, "no key frame"),
        (
            abs(output.seconds - source.seconds) <= max(_doubt(source), source.seconds / 100),
            f"{source.seconds:.3f} s became {output.seconds:.3f} s",
        ),
        (
            abs(output.span - source.span) <= 0.002 + source.span / 100,
            f"{source.span:.3f} s up to the last picture became {output.span:.3f} s",
        ),
        (abs(output.width - width) <= 1, f"{width} pixels of width became {output.width}"),
        (abs(output.height - height) <= 1, f"{height} pixels of height became {output.height}"),
        (output.rotation == 0, "it asks to be turned"),
        (not source.rotation or stands_upright(source, output), "its picture is turned the wrong way"),
        (output.codec == "h264", f"its picture is {output.codec}"),
        (output.pixel_format in {"yuv420p", "yuvj420p"}, f"its pixels are {output.pixel_format}"),
        (not source.sound_frames or output.sound_frames > 0, "its sound is gone"),
        (
            output.sound_seconds >= source.sound_seconds - 0.1,
            f"of {source.sound_seconds:.3f} s of sound {output.sound_seconds:.3f} s are left",
        ),
    )
    return [f"{sample.name}: {complaint}" for holds, complaint in checks if not holds]


def _doubt(look: Look) -> float:
    """How long the last picture may stay; many containers do not say: as long as others, or a tenth of a second."""
    return 0.01 + max(0.1, look.seconds / max(1, look.frames - 1))


def _upright(look: Look) -> tuple[int, int]:
    """The sides that a viewer sees, at most 1080 the shorter one."""
    width, height = (look.height, look.width) if look.rotation % 180 else (look.width, look.height)
    shrink = min(1.0, 1080 / min(width, height))
    return round(width * shrink), round(height * shrink)
