from dataclasses import replace

import pytest

from mediaproc.core.packets import PacketFacts
from mediaproc.core.plan.compared_pieces import OUTPUT, SOURCE, picture_piece, sound_piece
from mediaproc.core.plan.filter_graph import Graph
from tests.core.plan.sources import FILM, SOUND


@pytest.mark.parametrize("side", [SOURCE, OUTPUT])
def test_each_picture_is_of_its_own_moment_input_and_name(side: str) -> None:
    pieces = [_picture(side, number=number, moment=float(number)) for number in (0, 1)]

    assert [piece.label for piece in pieces] == ["[picture-0]", "[picture-1]"]
    for number, piece in enumerate(pieces):
        assert piece.text.startswith(f"[{number}:")
        assert f"abs(t-{number + 7}.000000)" in piece.text
        assert f"{side}-picture-{number}.000000" in piece.text
        assert piece.text.endswith(f"[picture-{number}]")
        assert "<" not in piece.text


@pytest.mark.parametrize("side", [SOURCE, OUTPUT])
def test_each_piece_of_sound_is_of_its_own_time_input_and_name(side: str) -> None:
    for number in (0, 1):
        piece = sound_piece([SOUND], side=side, number=number, piece=float(number), name=f"sound-{number}")
        assert piece.text.startswith(f"[{number}:")
        assert f"{side}-sound-{number}.000000" in piece.text
        assert piece.text.endswith(f"[sound-{number}]")
        assert "<" not in piece.text


def test_a_source_of_another_shape_has_another_graph_and_one_with_other_packets_has_not() -> None:
    usual = _picture(SOURCE, number=0, moment=0.0)

    assert _picture(SOURCE, number=0, moment=0.0, packets=PacketFacts(count=3)) == usual
    assert _picture(SOURCE, number=0, moment=0.0, width=200) != usual


def _picture(side: str, *, number: int, moment: float, **facts: object) -> Graph:
    video = replace(FILM, **facts)  # type: ignore[arg-type]
    return picture_piece(
        video,
        side=side,
        number=number,
        at=moment + 7,
        moment=moment,
        background="black",
        name=f"picture-{number}",
    )
