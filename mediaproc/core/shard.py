"""Which tasks are an executor's own: those with `id % total = index`."""

import re
from dataclasses import dataclass

from mediaproc.core.errors import WrongUse

_FORM = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")


@dataclass(frozen=True)
class Shard:
    """One of `total` disjoint sets of task ids that together hold every id."""

    index: int
    total: int

    def __post_init__(self) -> None:
        if not 0 <= self.index < self.total:
            raise WrongUse(
                f"The shard {self.index}/{self.total} does not exist: the index counts from 0"
                f" and must be below the total{_example(self.total)}."
            )

    @classmethod
    def parse(cls, written: str) -> "Shard":
        """The shard that `INDEX/TOTAL` names.

        Raises:
            WrongUse: it is not of that form, or the index is not below the total.
        """
        form = _FORM.fullmatch(written.strip())
        if form is None:
            raise WrongUse(f"The shard {written!r} is not of the form INDEX/TOTAL, such as 0/2.")
        return cls(int(form[1]), int(form[2]))

    def owns(self, task_id: int) -> bool:
        """Whether the task is this shard's own; exactly one shard of a total owns it."""
        return task_id % self.total == self.index

    def __str__(self) -> str:
        return f"{self.index}/{self.total}"


def _example(total: int) -> str:
    return f", such as 0/{total}" if total > 0 else ", such as 0/1"
