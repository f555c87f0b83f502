from dataclasses import replace

from tests.core.plan.sources import PACKETS, SOUND, WHOLE, graph_of, plan_of, with_film, with_sound


def test_the_gentle_variant_drops_no_packet_and_gives_up_on_nothing() -> None:
    encode, gentle = plan_of(replace(with_film(codec="mpeg4"), audios=())).variants
    assert "+genpts+discardcorrupt" in encode.input_arguments
    assert "+genpts" in gentle.input_arguments
    assert "-max_error_rate 1" in " ".join(gentle.output_arguments)
    assert gentle.expectation.is_last
    assert not encode.expectation.is_last
    assert "-c:a aac" in " ".join(plan_of(with_film(codec="mpeg4")).variants[1].output_arguments)


def test_the_last_try_is_without_the_sound_and_says_so() -> None:
    *others, silent = plan_of(with_film(codec="mpeg4")).variants
    assert "-an" in silent.output_arguments
    assert silent.flags == ("video_codec", "damaged", "audio_undecodable")
    assert (silent.expectation.is_last, silent.expectation.content.silenced) == (True, True)
    assert not any(variant.expectation.is_last or variant.expectation.content.silenced for variant in others)
    hinted = plan_of(replace(with_film(duration=None), format_name="flv")).variants[-1].expectation
    assert hinted.content.duration == hinted.content.hint == WHOLE.duration


def test_a_film_of_stills_has_no_b_frames() -> None:
    words = plan_of(with_film(codec="mpeg4", packets=replace(PACKETS, longest_gap=600.0))).variants[0]
    assert "-bf 0" in " ".join(words.output_arguments)
    assert "-bf" not in plan_of(with_film(codec="mpeg4")).variants[0].output_arguments


def test_a_held_last_picture_is_shown_once_more_where_no_sound_goes_on() -> None:
    held = replace(PACKETS, last=10.0, last_duration=10.0)
    silent = replace(with_film(codec="mpeg4", packets=held), audios=())
    plan = plan_of(silent)
    assert "tpad=stop=1:stop_mode=clone" in graph_of(plan)
    assert "stop_duration" not in graph_of(plan)
    assert plan.expectation.content.duration == 20.0
    sounding = plan_of(replace(silent, audios=(SOUND,)))
    assert "tpad" not in graph_of(sounding)
    assert sounding.expectation.content.duration == 10.0


def test_sound_that_nothing_decodes_is_left_out_and_says_so() -> None:
    plan = plan_of(with_sound(codec=""))
    assert plan.flags == ("audio_undecodable",)
    assert "-an" in plan.variants[0].output_arguments
    assert plan.expectation.streams.audio_codec is None
