"""A link knows its task and its end, and nothing else passes for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaproc.core.errors import WrongUse
from mediaproc.core.share_link import ShareLink, require_share_life
from mediaproc.core.signed_text import sign

KEY, OTHER = b"k" * 32, b"o" * 32
LINK = ShareLink(task_id=4711, expires_at=1_800_000_000)


@given(task_id=st.integers(1, 2**63 - 1), expires_at=st.integers(1, 9_999_999_999))
def test_a_link_is_read_as_it_was_signed(task_id: int, expires_at: int) -> None:
    link = ShareLink(task_id=task_id, expires_at=expires_at)
    assert ShareLink.read(link.signed(key=KEY), key=KEY) == link
    assert ShareLink.read(link.signed(key=KEY), key=OTHER) is None


@given(position=st.integers(0, 62), letter=st.sampled_from("Aa0-_"))
def test_a_link_of_which_a_letter_is_another_is_none(position: int, letter: str) -> None:
    signed = LINK.signed(key=KEY)
    changed = signed[:position] + letter + signed[position + 1 :]
    assert (ShareLink.read(changed, key=KEY) is None) == (changed != signed)


@pytest.mark.parametrize("value", ["", "1", "0 1", "1 0", "-1 5", "1  5", "1 5 ", "1 99999999999", "x 5", "1 1e3"])
def test_a_signed_text_of_another_form_is_none(value: str) -> None:
    assert ShareLink.read(sign(value, purpose="share", key=KEY), key=KEY) is None


def test_what_was_signed_for_something_else_is_none() -> None:
    assert ShareLink.read(sign("4711 1800000000", purpose="notice", key=KEY), key=KEY) is None


@pytest.mark.parametrize("seconds", [59, 31_536_001, float("nan"), float("inf"), -1])
def test_a_life_out_of_bounds_is_refused(seconds: float) -> None:
    with pytest.raises(WrongUse, match="is good for 60 to 31536000 seconds"):
        require_share_life(seconds)
