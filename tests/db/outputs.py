"""The uploads of claims and the sweep of losers' objects: a dictionary for the bucket, beside the real tables."""

from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from mediaproc.core.task import ClaimedTask
from mediaproc.db.tasks import lease, sweep
from tests.db.model_state import ModelState
from tests.db.task_rows import rendition

if TYPE_CHECKING:
    from uuid import UUID

BUCKET = "media"
# The time of the sweep's second look; a zombie's upload ends before it.
DAY = 24 * 3600.0


class Outputs(ModelState):
    """A claim that has announced its key may upload at any time, also after it has lost its task."""

    def __init__(self) -> None:
        super().__init__()
        # The claims that may upload and have not yet, and the claim that uploaded each object.
        self.uploading: list[ClaimedTask] = []
        self.uploaded: set[UUID] = set()
        self.objects: dict[str, UUID] = {}

    def teardown(self) -> None:
        try:
            self.in_the_end_only_winners_objects_are_left()
        finally:
            super().teardown()

    @precondition(lambda self: self.claims)
    @rule(pick=st.integers(0, 99))
    def announce(self, *, pick: int) -> None:
        self.announced(self.picked(pick))

    @precondition(lambda self: self.uploading)
    @rule(pick=st.integers(0, 99))
    def upload(self, *, pick: int) -> None:
        self.put(self.uploading[pick % len(self.uploading)])

    @precondition(lambda self: self.objects)
    @rule()
    def sweep(self) -> None:
        with self.engine.begin() as connection:
            for output in sweep.losers_outputs(connection, bucket=BUCKET):
                self.objects.pop(output.key, None)
                sweep.mark_swept(connection, claim_token=output.claim_token)

    @invariant()
    def each_winner_has_the_object_that_it_uploaded(self) -> None:
        for token, key in self.winners.values():
            assert key is None or self.objects.get(key) == token

    def announced(self, one: ClaimedTask) -> bool:
        """Announces the claim's output; returns whether the claim may upload."""
        with self.engine.begin() as connection:
            held = lease.announce_output(
                connection, task_id=one.id, claim_token=one.claim_token, bucket=BUCKET, key=rendition(one).key
            )
        assert held is self.holds(one)
        if held and one not in self.uploading and one.claim_token not in self.uploaded:
            self.uploading.append(one)
        return held

    def put(self, one: ClaimedTask) -> None:
        self.uploading.remove(one)
        self.uploaded.add(one.claim_token)
        self.objects[rendition(one).key] = one.claim_token

    def in_the_end_only_winners_objects_are_left(self) -> None:
        """At the end only objects of winners, and of claims that may still win, are left."""
        self.now += DAY + 1
        self.set_clock()
        self.sweep()
        may_stay = {token for token, outcome in self.outcomes.items() if outcome in {None, "completed"}}
        assert set(self.objects.values()) == self.uploaded & may_stay
