"""A selection is read as it is written, is written as it is read, and anything else is refused with a sentence."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaproc.core.errors import ErrorClass, WrongUse
from mediaproc.core.selection import KNOWN_WORDS, LARGEST_ID, OPEN_STATUSES, OUTCOMES, Selection
from mediaproc.core.shard import Shard


def test_every_word_is_read() -> None:
    text = (
        "status:failed|exhausted class:stalled|lost profile:mp4 shard:0/3 executor:node-7 tenant:acme"
        ' name:holiday name:"a b"|c file:DEADBEEF older:2h newer:7d'
    )
    assert Selection.parse(text) == Selection(
        status=("failed", "exhausted"),
        class_=(ErrorClass.STALLED, ErrorClass.LOST),
        profile=("mp4",),
        shard=(Shard(0, 3),),
        executor=("node-7",),
        tenant=("acme",),
        name=(("holiday",), ("a b", "c")),
        file=("deadbeef",),
        older=7200,
        newer=604_800,
    )


def test_ids_are_read_in_their_order_and_each_once() -> None:
    assert Selection.parse(" 18  17 18 ").ids == (18, 17)
    assert Selection.parse(str(LARGEST_ID)).ids == (LARGEST_ID,)


def test_statuses_are_told_apart_by_where_their_tasks_are() -> None:
    selection = Selection.parse("status:completed|rejected|deleted|pending")
    assert selection.open_statuses == ("rejected", "pending")
    assert selection.outcomes == ("completed", "deleted")


def test_quoted_values_may_have_blanks_bars_and_quotes() -> None:
    assert Selection.parse(r'name:"a|b \"c\" \\"').name == (('a|b "c" \\',),)
    assert Selection.parse(r"name:a\b").name == (("a\\b",),)
    assert Selection.parse('tenant:""').tenant == ("",)


@pytest.mark.parametrize(
    "text",
    [
        "", "  ", "failed", "state:failed", "Status:failed", "status:", 'status:""', "status:failed|", "status:broken",
        "status:failed status:rejected", "class:unheard_of", "shard:3/3", "shard:a", "file:abc", "file:xyzxyzxyz",
        "older:2", "older:2h|3h", "older:-2h", "older:2w", "older:9999999999d", f"older:{'9' * 5000}d", 'name:"a',
        'name:a"b"', 'name:"a"b', "name:a\x00b", "name:\x1b[2J", "name:\ud800", "17 status:failed", "0",
        str(LARGEST_ID + 1), "9" * 5000, "-5", "\u0661", "1;DROP TABLE media_process", "status:failed'; --", "a:b", ":",
        f"name:{'x' * 3000}", "profile:" + "|".join(map(str, range(60))), " ".join(map(str, range(1, 10_002))),
    ],
)  # fmt: skip
def test_what_is_no_selection_is_refused_with_a_sentence_that_names_the_words(text: str) -> None:
    with pytest.raises(WrongUse) as refused:
        Selection.parse(text)
    sentence = str(refused.value)
    assert sentence.endswith(f"of the words {KNOWN_WORDS}.")
    assert sentence.isprintable()
    assert len(sentence) < 1000


def test_an_unknown_class_is_told_which_are_known() -> None:
    with pytest.raises(WrongUse, match=r"'stale'.* stalled, timed_out"):
        Selection.parse("class:stale")


_TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=12)


def _some(values: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(values, max_size=3, unique=True).map(tuple)


_SHARDS = st.integers(1, 99).flatmap(lambda total: st.builds(Shard, st.integers(0, total - 1), st.just(total)))
_AGES = st.none() | st.integers(0, 10**8)
_BY_WORDS = st.builds(
    Selection,
    status=_some(st.sampled_from([*OPEN_STATUSES, *OUTCOMES])),
    class_=_some(st.sampled_from(list(ErrorClass))),
    profile=_some(_TEXTS),
    shard=_some(_SHARDS),
    executor=_some(_TEXTS),
    tenant=_some(_TEXTS | st.just("")),
    name=st.lists(st.lists(_TEXTS, min_size=1, max_size=3, unique=True).map(tuple), max_size=3).map(tuple),
    file=_some(st.text("0123456789abcdef", min_size=8, max_size=64)),
    older=_AGES,
    newer=_AGES,
)
_BY_IDS = st.builds(Selection, ids=st.lists(st.integers(1, LARGEST_ID), min_size=1, unique=True).map(tuple))


@given((_BY_WORDS | _BY_IDS).filter(str))
def test_what_is_written_is_read_again(selection: Selection) -> None:
    assert Selection.parse(str(selection)) == selection
    assert str(Selection.parse(str(selection))) == str(selection)


@given(st.text() | st.from_regex(r"(status|name|older|tenant):[ -~]{0,9}( [ -~]{0,9})?", fullmatch=True))
def test_any_text_is_a_selection_or_is_refused(text: str) -> None:
    with suppress(WrongUse):
        selection = Selection.parse(text)
        assert Selection.parse(str(selection)) == selection
