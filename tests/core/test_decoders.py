from dataclasses import replace

import pytest

from mediaproc.core.decoders import DecoderMissing, decodable_by_a_whole_build, require_decoders
from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.expectation import Medium
from mediaproc.core.plan import make_plan
from mediaproc.core.probe import Probe, VideoStream
from mediaproc.core.profile import BUILT_IN
from tests.core.plan.sources import FILM, WHOLE

# A film that only some nodes decode, with sound that all do.
PHONE = replace(WHOLE, videos=(replace(FILM, codec="hevc"),)).decoded_by({"h264", "aac"})


@pytest.mark.parametrize("medium", [Medium.VIDEO, Medium.ANIMATION, Medium.IMAGE])
def test_what_a_whole_build_would_decode_is_left_to_a_node_that_has_one(medium: Medium) -> None:
    with pytest.raises(DecoderMissing, match="lacks the decoder for hevc") as caught:
        require_decoders(PHONE, medium=medium)
    assert caught.value.codecs == ("hevc",)
    assert caught.value.error_class is ErrorClass.DECODER_MISSING
    # The control: without that, the upload would be rejected for the node's flaw.
    with pytest.raises(BadSource, match="cannot be decoded here"):
        make_plan(PHONE, profile=BUILT_IN["mp4"], threads=1)
    assert make_plan(decodable_by_a_whole_build(PHONE), profile=BUILT_IN["mp4"], threads=1).flags == ("video_codec",)


def test_what_the_rendition_is_not_made_of_is_not_missed() -> None:
    require_decoders(PHONE, medium=Medium.AUDIO)
    require_decoders(WHOLE.decoded_by({"h264"}), medium=Medium.IMAGE)


def test_a_film_whose_sound_alone_cannot_be_decoded_here_is_left_to_another_node_too() -> None:
    with pytest.raises(DecoderMissing, match="lacks the decoder for aac"):
        require_decoders(WHOLE.decoded_by({"h264"}), medium=Medium.VIDEO)


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(replace(FILM, index=2, codec="vvc"), id="what no build need decode"),
        pytest.param(replace(FILM, index=2, codec="hevc", attached_picture=True), id="a cover"),
        pytest.param(replace(FILM, index=2, codec="hevc", encrypted=True), id="what needs a key"),
    ],
)
def test_what_nobody_would_miss_or_have_keeps_no_node_from_its_work(odd: VideoStream) -> None:
    probe: Probe = replace(WHOLE, videos=(FILM, odd)).decoded_by({"h264", "aac"})
    require_decoders(probe, medium=Medium.VIDEO)
