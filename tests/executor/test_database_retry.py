"""A database that is away is asked again until it answers, or until there is no more time."""

import threading

import pytest

from mediaproc.core.errors import ErrorClass, PartMissing, Unavailable
from mediaproc.executor.database_retry import retry_until_answered

AWAY = Unavailable("The database is away.", error_class=ErrorClass.DATABASE_UNAVAILABLE)
REFUSES = PartMissing("The database refuses the password.")


class Asked:
    """Fails as told, then answers; and the waits that were announced."""

    def __init__(self, *failures: Unavailable | PartMissing) -> None:
        self._failures = list(failures)
        self.questions: list[str] = []
        self.waits: list[float] = []

    def question(self, name: str) -> str:
        self.questions.append(name)
        if self._failures:
            raise self._failures.pop(0)
        return f"answer to {name}"

    def first(self) -> str:
        return self.question("first")

    def again(self) -> str:
        return self.question("again")

    def failed(self, _error: Unavailable | PartMissing, wait: float) -> None:
        self.waits.append(wait)


def test_a_database_that_answers_is_asked_once() -> None:
    asked = Asked()
    answer = retry_until_answered(asked.first, again=asked.again, give_up=threading.Event(), on_failure=asked.failed)
    assert (answer, asked.questions, asked.waits) == ("answer to first", ["first"], [])


@pytest.mark.parametrize("failure", [AWAY, REFUSES])
def test_after_a_failure_the_other_question_is_asked(failure: Unavailable | PartMissing) -> None:
    asked = Asked(failure)
    answer = retry_until_answered(asked.first, again=asked.again, give_up=threading.Event(), on_failure=asked.failed)
    assert (answer, asked.questions, asked.waits) == ("answer to again", ["first", "again"], [0.5])


def test_nothing_is_asked_again_when_there_is_no_more_time() -> None:
    asked, give_up = Asked(AWAY), threading.Event()
    give_up.set()
    answer = retry_until_answered(asked.first, again=asked.again, give_up=give_up, on_failure=asked.failed)
    assert (answer, asked.questions, asked.waits) == (None, ["first"], [0.5])
