import pytest

from mediaproc.core.errors import WrongUse
from mediaproc.core.tenant import tenant_named


@pytest.mark.parametrize(
    ("given", "name"), [("ann", "ann"), ("  Ann & Söhne 电影 ", "Ann & Söhne 电影"), ("", ""), (" \t", "")]
)
def test_a_name_is_kept_without_the_blanks_around_it(given: str, name: str) -> None:
    assert tenant_named(given) == name


@pytest.mark.parametrize("given", ["a\x1b[31mb", "a\nb", "a\x00b", "a\u202eb", "a\u200bb", "a\udcffb", "x" * 201])
def test_what_is_not_to_be_seen_or_too_long_is_refused_in_a_sentence(given: str) -> None:
    with pytest.raises(WrongUse) as refused:
        tenant_named(given)
    sentence = str(refused.value)
    assert sentence.startswith("A tenant's name has ")
    assert sentence.isprintable()
