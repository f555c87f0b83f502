"""The short form of `make chaos`: a few of each fault, in an order of its own each time."""

import os
import secrets

import pytest

from tests.chaos.faults import SHORT
from tests.chaos.run import chaos


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount the small disk that is filled")
@pytest.mark.timeout(900)
def test_nothing_is_lost_and_nothing_done_twice_while_faults_fall() -> None:
    told, wrong = chaos(seed=secrets.randbelow(1 << 32), asked=SHORT)
    assert not wrong, "\n".join([told, *wrong])
