from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaproc.core.packets import PacketFacts, PacketWalk


def parse_packets(lines: Iterable[str]) -> PacketFacts:
    walk = PacketWalk()
    for line in lines:
        walk.step(line)
    return walk.facts()


def _line(pts: float | str, dts: float | str, flags: str = "__", *, pos: int = 0) -> str:
    return (
        f'{{ "pts_time": "{pts}", "dts_time": "{dts}", "duration_time": "0.04", "pos": "{pos}", "flags": "{flags}" }},'
    )


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


# What stands where a number should, and numbers that no float or no index holds.
_NUMBERS = st.text(max_size=9) | st.sampled_from(["9" * 400, "9" * 5000, "-1", "1e999", "nan"])
_PLACES = _NUMBERS | st.from_regex(r"\d{0,9}", fullmatch=True)
_FLAGS = st.sampled_from(["", "K_", "_D", "KD"])
_LINES = st.builds(
    '{{ "pts_time": "{}", "dts_time": "{}", "pos": "{}", "flags": "{}" }},'.format, _NUMBERS, _NUMBERS, _PLACES, _FLAGS
)


@given(lines=st.lists(st.text(max_size=80) | _LINES))
def test_no_line_breaks_it(lines: list[str]) -> None:
    parse_packets(lines)


# As the usual line has them, and in an order that is read field by field.
_FIELDS = st.tuples(
    *(
        st.sampled_from([f'"{name}": "{value}"' for value in ("0.04", "7", "N/A")] + [""])
        for name in ("pts_time", "dts_time", "duration_time", "pos")
    ),
    st.sampled_from(['"flags": "K_"', '"flags": "_D"']),
)


@given(packets=st.lists(_FIELDS, max_size=5))
def test_the_order_of_a_lines_fields_changes_nothing(packets: list[tuple[str, ...]]) -> None:
    usual, reordered = (
        parse_packets(f"        {{ {', '.join(filter(None, fields))} }}," for fields in written)
        for written in (packets, [fields[::-1] for fields in packets])
    )
    assert usual == reordered
    assert list(usual.times) == list(reordered.times)
    assert list(usual.places) == list(reordered.places)


def _film(*times: float, places: dict[float, int]) -> list[str]:
    """Packets of 1,000 bytes, 25 a second, up to each of the times; `places`: bytes left out before a time."""
    lines, at = [], 0
    for start, stop in zip(times[::2], times[1::2], strict=True):
        at += places.get(start, 0)
        for tick in range(round(start * 25), round(stop * 25)):
            lines.append(_line(tick / 25, tick / 25, "K_", pos=at))
            at += 1_000
    return lines


def test_a_hole_keeps_the_bytes_of_what_it_lost() -> None:
    facts = parse_packets(_film(0, 2, 6, 8, places={6: 100_000}))
    assert facts.sure_holes == facts.holes == pytest.approx(4, abs=0.1)
    assert facts.steps == 0


def test_a_still_with_sound_is_no_sure_hole() -> None:
    facts = parse_packets(_film(0, 2, 6, 8, places={6: 60_000}))
    assert (facts.sure_holes, facts.steps) == (0, 0)
    assert facts.holes == pytest.approx(4, abs=0.1)
    assert parse_packets(_film(0, 2, 6, 8, places={6: 20_000})).holes == 0


def test_a_film_of_few_pictures_a_second_has_no_holes_between_them() -> None:
    slow = [_line(0.4 * tick + (1 if tick > 5 else 0), 0.4 * tick, "K_", pos=tick * 1000) for tick in range(50)]
    assert parse_packets(slow).holes == 0


def test_a_step_of_the_clock_takes_no_bytes() -> None:
    facts = parse_packets(_film(0, 2, 602, 604, places={}))
    assert facts.steps == pytest.approx(600, abs=0.1)
    assert facts.holes == 0


def test_what_no_key_frame_comes_before_is_counted() -> None:
    assert parse_packets([_line(0, 0)] * 3 + [_line(1, 1, "K_"), _line(2, 2)]).before_keyframe == 3
