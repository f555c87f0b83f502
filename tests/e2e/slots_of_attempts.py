"""`mediaproc` in which a whole attempt takes up a slot: the negative control of the tests of overlap."""

from mediaproc.cli import main
from mediaproc.executor import slot_filling


def only_for_free_slots(*, slots: int, encoding: int, not_behind: int, behind: int) -> int:
    """As many attempts as there are slots, whatever each is at."""
    del encoding
    return max(0, slots - not_behind - behind)


if __name__ == "__main__":
    slot_filling.claims_allowed = only_for_free_slots  # type: ignore[attr-defined]
    main()
