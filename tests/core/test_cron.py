from datetime import UTC, datetime

import pytest
from apscheduler.triggers.cron import CronTrigger
from hypothesis import given
from hypothesis import strategies as st

from mediaproc.core.cron import Cron
from mediaproc.core.errors import WrongUse

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RANGES = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


def _field(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    bounds = st.lists(number, min_size=2, max_size=2, unique=True).map(sorted)
    ranged = bounds.map(lambda pair: f"{pair[0]}-{pair[1]}")
    stepped = bounds.flatmap(
        lambda pair: st.integers(1, pair[1] - pair[0]).map(lambda step: f"{pair[0]}-{pair[1]}/{step}")
    )
    part = st.one_of(
        st.just("*"),
        number.map(str),
        ranged,
        stepped,
        st.integers(1, min(high, 6) - low if high == 7 else high - low).map(lambda step: f"*/{step}"),
    )
    return st.lists(part, min_size=1, max_size=3).map(",".join)


expressions = st.tuples(*(_field(low, high) for low, high in RANGES)).map(" ".join)


@given(expressions)
def test_every_expression_makes_a_trigger_that_fires_or_is_refused(expression: str) -> None:
    *_, day, month, _weekday = expression.split()
    # APScheduler looks for a day that there is not until the year 9999: asked without the times, it is quick.
    fires = CronTrigger(day=day, month=month, timezone="UTC").get_next_fire_time(None, NOW) is not None
    try:
        cron = Cron.parse(expression)
    except WrongUse:
        assert not fires
        return
    assert fires
    CronTrigger(
        second=cron.second,
        minute=cron.minute,
        hour=cron.hour,
        day=cron.day,
        month=cron.month,
        day_of_week=cron.day_of_week,
    )


@pytest.mark.parametrize("expression", ["0 0 29 2 *", "0 0 31 2,3 *", "0 0 */30 * *", "0 0 30 4 mon"])
def test_a_day_that_some_year_has_is_taken(expression: str) -> None:
    assert isinstance(Cron.parse(expression), Cron)


@given(expressions)
def test_what_is_written_again_means_the_same(expression: str) -> None:
    try:
        cron = Cron.parse(expression)
    except WrongUse:
        return
    assert Cron.parse(str(cron)) == cron


@given(st.text(max_size=40))
def test_any_other_text_is_refused_with_a_sentence(text: str) -> None:
    try:
        Cron.parse(text)
    except WrongUse as error:
        assert str(error).endswith(".")  # noqa: PT017 - text that happens to be a cron expression is fine


def test_five_fields_fire_at_second_0() -> None:
    assert Cron.parse("*/5 * * * *") == Cron.parse("0 */5 * * * *")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("0", "sun"),
        ("7", "sun"),
        ("1-5", "mon,tue,wed,thu,fri"),
        ("fri-7", "fri,sat,sun"),
        ("SUN", "sun"),
        ("1-7/2", "mon,wed,fri,sun"),
    ],
)
def test_a_weekday_is_a_name_since_schedulers_disagree_on_the_numbers(written: str, meant: str) -> None:
    assert Cron.parse(f"0 0 * * {written}").day_of_week == meant


@pytest.mark.parametrize(
    "expression",
    [
        "* * * *",
        "* * * * * * *",
        "60 * * * * *",
        "* 24 * * *",
        "5-1 * * * *",
        "*/0 * * * *",
        "5/10 * * * *",
        "x * * * *",
        "1,,2 * * * *",
        "0 0 31 2 *",
        "0 0 30-31 feb *",
        "0 0 31 4,6,9,11 *",
        "0 0 31 2-4/2 *",
    ],
)
def test_what_names_no_time_is_refused(expression: str) -> None:
    with pytest.raises(WrongUse, match="The cron expression"):
        Cron.parse(expression)
