import copy
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaproc.core.container_header import ContainerFacts
from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.packets import PacketFacts
from mediaproc.core.plan import make_plan
from mediaproc.core.probe import Probe
from mediaproc.core.probe_document import parse_probe
from mediaproc.core.profile import BUILT_IN

_RECORDED = [
    json.loads(path.read_text())["document"]
    for path in sorted((Path(__file__).parent.parent / "golden" / "facts").glob("*.json"))
]

_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        ["0/0", "1/0", "-1:3", "N/A", "nan", "inf", "1e400", "99999999999999999999", "tt", "smpte2084", "h264", "\x00"]
    )
)
_JSON = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3)
)


def _places(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    if isinstance(value, dict):
        return [path, *(place for key in value for place in _places(value[key], (*path, key)))]
    if isinstance(value, list):
        return [path, *(place for at, inner in enumerate(value) for place in _places(inner, (*path, at)))]
    return [path]


@st.composite
def _mutated(draw: st.DrawFn) -> dict[str, object]:
    """A real document with some of its values gone or replaced by anything that JSON can say."""
    document: dict[str, object] = copy.deepcopy(draw(st.sampled_from(_RECORDED)))
    for _ in range(draw(st.integers(min_value=1, max_value=6))):
        places = [place for place in _places(document) if place]
        if not places:
            break
        *way, last = draw(st.sampled_from(places))
        holder: object = document
        for step in way:
            holder = holder[step]  # type: ignore[index]
        if draw(st.booleans()):
            del holder[last]  # type: ignore[attr-defined]
        else:
            holder[last] = draw(_JSON)  # type: ignore[index]
    return document


def _packets(draw: st.DrawFn) -> PacketFacts:
    seconds = st.none() | st.floats(min_value=-1e6, max_value=1e6)
    return PacketFacts(
        count=draw(st.integers(min_value=0, max_value=1000)),
        first=draw(seconds),
        last=draw(seconds),
        last_duration=draw(seconds),
        longest_gap=draw(st.floats(min_value=-10, max_value=1e6)),
        monotonic=draw(st.booleans()),
        starts_with_keyframe=draw(st.booleans()),
    )


def _parsed(document: dict[str, object]) -> Probe | None:
    try:
        return parse_probe(document)
    except BadSource:
        return None


@given(document=_mutated(), packets=st.none() | st.composite(_packets)())
def test_no_hole_and_no_lie_in_a_document_raises_anything_but_bad_source(
    document: dict[str, object], packets: PacketFacts | None
) -> None:
    probe = _parsed(document)
    if probe is None:
        return
    if packets is not None:
        probe = probe.walked({stream.index: packets for stream in probe.watchable})
    for profile in BUILT_IN.values():
        try:
            plan = make_plan(probe, profile=profile, threads=1)
        except BadSource:
            continue
        assert plan.variants
        assert plan.memory > 0
        assert plan.wall_limit > 0
        assert all("\x00" not in word for variant in plan.variants for word in variant.output_arguments)


@given(document=st.dictionaries(st.text(max_size=10), _JSON, max_size=5))
def test_no_document_at_all_raises_anything_but_bad_source(document: dict[str, object]) -> None:
    _parsed(document)


@given(streams=_JSON, form=_JSON)
def test_nothing_in_the_two_parts_raises_anything_but_bad_source(streams: object, form: object) -> None:
    _parsed({"streams": streams, "format": form})


def _document(**stream: object) -> dict[str, object]:
    return {"format": {"format_name": "mov,mp4"}, "streams": [{"codec_type": "video", **stream}]}


def test_a_document_without_a_format_is_no_video() -> None:
    with pytest.raises(BadSource) as caught:
        parse_probe({})
    assert caught.value.error_class is ErrorClass.UNREADABLE
    assert str(caught.value) == (
        "The file is not a video in a format that can be read here"
        " (mp4, mov, mkv, webm, avi, wmv, flv, mpeg, ts, mxf and others);"
        " upload the original recording, or export it as mp4."
    )


def test_what_is_missing_is_unknown_and_not_guessed() -> None:
    probe = parse_probe(_document())
    video = probe.videos[0]
    assert not video.usable
    assert (video.index, video.codec, video.width, video.duration, video.rotation) == (0, "", 0, None, None)
    assert (probe.duration, probe.size, video.packets) == (None, None, None)


def test_a_display_matrix_of_no_degrees_is_still_one() -> None:
    turned = {"side_data_list": [{"side_data_type": "Display Matrix", "rotation": 0}]}
    assert parse_probe(_document(**turned)).videos[0].rotation == 0.0
    assert parse_probe(_document(tags={"rotate": "90"})).videos[0].rotation == 90.0
    assert parse_probe(_document(tags={"rotate": "0"})).videos[0].rotation is None


def test_matroska_states_a_streams_length_in_a_tag() -> None:
    video = parse_probe(_document(tags={"DURATION-eng": "01:00:10.500000000"})).videos[0]
    assert video.duration == pytest.approx(3610.5)


def test_cover_art_is_no_film() -> None:
    picture = {"codec_name": "png", "width": 64, "height": 40, "disposition": {"attached_pic": 1}}
    assert not parse_probe(_document(**picture)).videos[0].usable


def test_an_attackers_words_do_not_pass_as_names() -> None:
    video = parse_probe(_document(codec_name="h264\x1b[2J", pix_fmt="a b", width=2, height=2)).videos[0]
    assert (video.codec, video.pixel_format) == ("", "")


def test_the_containers_own_facts_travel_with_the_probe() -> None:
    facts = ContainerFacts(frames=250, frame_duration=0.04)
    assert parse_probe(_document(), container_facts=facts).container.video_duration == pytest.approx(10)
