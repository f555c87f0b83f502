import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediaproc.core.packets import PacketFacts, parse_packets


def _line(pts: float | str, dts: float | str, flags: str = "__", duration: float | str = 0.04) -> str:
    return f"pts_time={pts}|dts_time={dts}|duration_time={duration}|flags={flags}\n"


def test_a_stream_is_summed_up() -> None:
    facts = parse_packets([_line(0.08, 0, "K_"), _line(0.16, 0.04), _line(0.12, 0.08), _line(0.2, 0.12, "K_")])
    assert facts.count == 4
    assert facts.keyframes == 2
    assert facts.starts_with_keyframe
    assert facts.monotonic
    assert facts.timed
    assert facts.end == pytest.approx(0.16)
    assert facts.longest_gop == pytest.approx(0.12)


def test_a_key_frame_that_never_comes_back_makes_a_long_group() -> None:
    assert parse_packets([_line(0, 0, "K_"), _line(15, 15)]).longest_gop == 15


def test_a_gap_is_seen_and_a_b_frame_is_none() -> None:
    assert parse_packets([_line(0, 0, "K_"), _line(0.08, 0.04), _line(0.04, 0.08), _line(600, 600)]).longest_gap > 599
    assert parse_packets([_line(0, 0, "K_"), _line(0.08, 0.04), _line(0.04, 0.08)]).longest_gap < 0.1


def test_time_that_steps_back_or_is_not_there_is_seen() -> None:
    assert not parse_packets([_line(0, 0, "K_"), _line(0.04, 0)]).monotonic
    assert not parse_packets([_line("N/A", "N/A", "K_")]).timed


def test_hidden_and_damaged_packets_are_counted() -> None:
    facts = parse_packets([_line(0, 0, "KD"), _line(0.04, 0.04, "_DC"), _line(0.08, 0.08, "__C")])
    assert (facts.discarded, facts.corrupt) == (2, 2)


def test_nothing_is_a_stream_of_nothing() -> None:
    facts = parse_packets([])
    assert facts == PacketFacts()
    assert facts.end is None


@settings(deadline=None)  # a busy machine is no failure
@given(
    lines=st.lists(
        st.text(max_size=80) | st.from_regex(r"pts_time=.{0,9}\|dts_time=.{0,9}\|flags=K?D?", fullmatch=True)
    )
)
def test_no_line_breaks_it(lines: list[str]) -> None:
    parse_packets(lines)
