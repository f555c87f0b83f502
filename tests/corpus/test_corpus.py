"""The required outcomes over 149 real files, from enqueue to history."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.corpus.manifest import Sample
from tests.corpus.product import ProcessedFile, Product
from tests.corpus.pyav_measurement import Measurement, measure, stands_upright

# One worker runs the corpus once, which takes minutes.
pytestmark = pytest.mark.timeout(1800)

# The reference's result for a file -> the error classes under which the product may refuse it.
_RIGHT_CLASSES = {
    "reject": {"unreadable", "truncated"},
    "no-video": {"no_video"},
    "no-stream": {"undecodable", "no_video"},
    "enc-fail": {"undecodable"},
}


def test_every_file_ends_and_nothing_is_left_behind(
    samples: tuple[Sample, ...], processed: Mapping[str, ProcessedFile], product: Product
) -> None:
    assert len(processed) == len(samples) == 149
    assert {file.outcome for file in processed.values()} <= {"completed", "rejected", "refused"}
    assert product.scratch_left() == []


def test_98_of_the_100_good_files_become_a_film(
    samples: tuple[Sample, ...], processed: Mapping[str, ProcessedFile]
) -> None:
    good = [sample for sample in samples if sample.ok]
    assert len(good) == 100
    done = [sample.name for sample in good if processed[sample.name].outcome == "completed"]
    assert len(done) >= 98
    assert all(processed[name].verification in {"verified", "salvaged"} for name in done)
    assert all(processed[name].ratio is not None for name in done if processed[name].verification == "salvaged")


def test_each_encode_says_why(processed: Mapping[str, ProcessedFile]) -> None:
    encodes = [file for file in processed.values() if file.decision in {"encode", "gentle"}]
    assert encodes
    assert all(file.flags for file in encodes)


def test_what_is_turned_away_has_the_right_class_and_a_sentence(
    samples: tuple[Sample, ...], processed: Mapping[str, ProcessedFile]
) -> None:
    turned_away = [sample for sample in samples if processed[sample.name].outcome in {"rejected", "refused"}]
    for sample in turned_away:
        file = processed[sample.name]
        assert file.error.endswith("."), sample.name
        assert file.error.count("\n") == 0, sample.name
        if not sample.ok:
            assert file.error_class in _RIGHT_CLASSES[sample.reference.split(" ")[0]], sample.name


def test_what_is_refused_at_enqueue_is_no_good_file(
    samples: tuple[Sample, ...], processed: Mapping[str, ProcessedFile]
) -> None:
    refused = [sample for sample in samples if processed[sample.name].outcome == "refused"]
    assert len(refused) >= 40
    assert not [sample.name for sample in refused if sample.ok]


def test_a_second_tool_finds_in_each_output_what_was_in_its_source(
    samples: tuple[Sample, ...], processed: Mapping[str, ProcessedFile]
) -> None:
    done = [sample for sample in samples if processed[sample.name].outcome == "completed"]
    with ThreadPoolExecutor(max_workers=2) as pool:
        complaints = list(pool.map(lambda sample: _complaints(sample, processed[sample.name]), done))
    assert [complaint for several in complaints for complaint in several] == []
    assert len(complaints) >= 98


def _complaints(sample: Sample, file: ProcessedFile) -> list[str]:
    assert file.output is not None
    source, output = measure(sample.path, file.output)
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


def _doubt(measured: Measurement) -> float:
    """The tolerance for the last picture's length, which many containers lack: a frame, or a tenth of a second."""
    return 0.01 + max(0.1, measured.seconds / max(1, measured.frames - 1))


def _upright(measured: Measurement) -> tuple[int, int]:
    """The width and height that a viewer sees, scaled so that the shorter side has at most 1080 pixels."""
    width, height = (measured.height, measured.width) if measured.rotation % 180 else (measured.width, measured.height)
    shrink = min(1.0, 1080 / min(width, height))
    return round(width * shrink), round(height * shrink)
