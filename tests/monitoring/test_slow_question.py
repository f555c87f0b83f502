"""A question that hangs is asked once, and whoever asks meanwhile is told so after the wait."""

import threading
from collections.abc import Iterator

import pytest

from mediaproc import clock
from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.monitoring.slow_question import SlowQuestion
from tests.parts.waiting import until


class _Asked:
    """Counts how often it was asked; the answer is that number, once it may be given."""

    def __init__(self) -> None:
        self.times = 0
        self.may_answer = threading.Event()

    def __call__(self) -> int:
        self.times += 1
        number = self.times
        self.may_answer.wait(120)
        return number


@pytest.fixture
def asked() -> Iterator[_Asked]:
    one = _Asked()
    yield one
    one.may_answer.set()


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    moment = [clock.elapsed()]
    monkeypatch.setattr("mediaproc.monitoring.slow_question.clock.elapsed", lambda: moment[0])
    return moment


def test_an_answer_stands_for_a_while(asked: _Asked, now: list[float]) -> None:
    asked.may_answer.set()
    question = SlowQuestion(asked, about="database", every=5, longest_wait=120)
    assert [question.answer(), question.answer()] == [1, 1]
    now[0] += 5
    assert question.answer() == 2


def test_what_hangs_is_not_asked_again_until_it_has_answered(asked: _Asked, now: list[float]) -> None:
    question = SlowQuestion(asked, about="database", every=5, longest_wait=0.05)
    for _ in range(3):
        with pytest.raises(Unavailable, match="The database has not answered"):
            question.answer()
        now[0] += 60
    assert asked.times == 1
    asked.may_answer.set()

    def answered() -> int | None:
        try:
            return question.answer()
        except Unavailable:
            return None

    assert until(answered)
    now[0] += 60
    assert until(lambda: (answered() or 0) >= 2)


def test_what_the_question_raises_is_raised(now: list[float]) -> None:
    def refuse() -> None:
        raise PartMissing("It is gone.")

    question = SlowQuestion(refuse, about="store", every=5, longest_wait=120)
    for _ in range(2):
        with pytest.raises(PartMissing, match="It is gone"):
            question.answer()
    assert now
