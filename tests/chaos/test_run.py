"""The short form of `make chaos`: a few of each fault, in a new random order each time."""

import os
import secrets

import pytest

from tests.chaos.fault_matrix import ChaosReport
from tests.chaos.faults import FAULTS, FOR_ROOT, SHORT
from tests.chaos.run import allowed, chaos

# All tests here check the same run.
pytestmark = pytest.mark.timeout(900)

NOT_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount the small disks that are full")


@pytest.fixture(scope="module")
def ended() -> ChaosReport:
    return chaos(seed=secrets.randbelow(1 << 32), asked=allowed(SHORT))


def test_nothing_is_lost_and_nothing_done_twice_while_faults_fall(ended: ChaosReport) -> None:
    assert not ended.wrong, ended.report(command="the short form")


def test_drafts_are_among_what_is_done_meanwhile(ended: ChaosReport) -> None:
    assert ended.drafts


@pytest.mark.parametrize(
    "fault", [pytest.param(fault, marks=NOT_ROOT if fault in FOR_ROOT else ()) for fault in FAULTS]
)
def test_each_fault_strikes_somebody_at_work(ended: ChaosReport, fault: str) -> None:
    disruptions = ended.matrix.disruptions[fault]
    assert len(disruptions) == SHORT[fault]
    assert all(disruption.affected(ended.attempts) for disruption in disruptions)
