"""How long before the end of its lease an attempt is stopped."""

import pytest

from mediaproc.executor.self_fence import SelfFence, trusted_until
from mediaproc.ffmpeg import child


@pytest.mark.parametrize("lease", [1.5, 3.0, 12.0, 60.0, 3600.0])
def test_the_margin_before_the_end_of_a_lease_has_room_for_the_fence_and_for_a_kill(lease: float) -> None:
    """The fence looks once in its interval, and the child's watch in its own; the kill itself has no grace."""
    margin = lease - trusted_until(0.0, lease=lease)
    assert SelfFence(lease=lease, running=list)._interval + child._TICK < margin  # noqa: SLF001 - nobody else asks for them
