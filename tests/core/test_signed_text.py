import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaproc.core.signed_text import read_signed, sign

KEY, OTHER = b"k" * 32, b"o" * 32


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=500))
def test_what_was_signed_is_read_again_from_letters_that_a_url_takes(value: str) -> None:
    signed = sign(value, purpose="share", key=KEY)
    assert set(signed) <= set(string.ascii_letters + string.digits + "-_")
    assert read_signed(signed, purpose="share", key=KEY) == value


def test_another_purpose_or_key_makes_it_worthless() -> None:
    signed = sign("4711", purpose="share", key=KEY)
    assert read_signed(signed, purpose="cursor", key=KEY) is None
    assert read_signed(signed, purpose="share", key=OTHER) is None


def test_each_changed_letter_is_seen() -> None:
    signed = sign("4711", purpose="share", key=KEY)
    for at, letter in enumerate(signed):
        changed = signed[:at] + ("A" if letter != "A" else "B") + signed[at + 1 :]
        assert read_signed(changed, purpose="share", key=KEY) is None


@pytest.mark.parametrize("text", ["", "A", "====", "é", "A" * 10_000, "AAAA AAAA", "\x00", "a+/b"])
def test_anything_else_is_none_of_ours(text: str) -> None:
    assert read_signed(text, purpose="share", key=KEY) is None
