"""Which tasks are an executor's own: those with `id % total = index`, or those of the buckets that it owns now."""

import re
from dataclasses import dataclass, field
from typing import ClassVar

from mediaproc.core.errors import WrongUse

_FORM = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")
_AUTO = "auto"

# Every task is in one of these for good, `id % BUCKETS`. Shards that are counted anew share out whole buckets, so that
# one index finds the tasks of any shard of any total.
BUCKETS = 128


@dataclass(frozen=True)
class Shard:
    """One of `total` disjoint sets of task ids that together hold every id.

    With `is_auto` the two numbers are those of now, which follow from the executors that live, and the tasks are those
    of the buckets that the shard owns. Of more shards than there are buckets the last ones own none.
    """

    ALONE: ClassVar["Shard"]
    """What an executor with automatic numbers has until it knows of others."""

    index: int
    total: int
    is_auto: bool = field(default=False, kw_only=True)

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
        return cls._parse(written, otherwise="")

    @classmethod
    def parse_setting(cls, written: str) -> "Shard":
        """The same; `auto`: the one of an executor whose numbers are to follow from who lives."""
        return cls.ALONE if written.strip() == _AUTO else cls._parse(written, otherwise=f", nor the word {_AUTO}")

    @classmethod
    def _parse(cls, written: str, *, otherwise: str) -> "Shard":
        form = _FORM.fullmatch(written.strip())
        if form is None:
            raise WrongUse(f"The shard {written!r} is not of the form INDEX/TOTAL, such as 0/2{otherwise}.")
        return cls(int(form[1]), int(form[2]))

    def owns(self, task_id: int) -> bool:
        """Whether the task is this shard's own; exactly one shard of a total owns it."""
        number = task_id % BUCKETS if self.is_auto else task_id
        return number % self.total == self.index

    @property
    def buckets(self) -> range:
        """The buckets that an automatic shard owns."""
        return range(self.index, BUCKETS, self.total)

    def __str__(self) -> str:
        return f"{self.index}/{self.total}" + (f" ({_AUTO})" if self.is_auto else "")


Shard.ALONE = Shard(0, 1, is_auto=True)


def _example(total: int) -> str:
    return f", such as 0/{total}" if total > 0 else ", such as 0/1"
