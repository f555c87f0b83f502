"""The short form of `make fleet`: each scenario runs, the tasks are done, and nothing is lost or in doubt."""

import re

import pytest

from tests.fleet.__main__ import main
from tests.fleet.scenarios import SCENARIOS
from tests.fleet.server import recommended


def test_every_scenario_tells_what_it_cost_and_loses_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--short"]) == 0
    told = capsys.readouterr().out
    for name in SCENARIOS:
        assert f"\n{name}: " in told
    assert re.search(r"CPU of the database for each task, ms +\d", told), told
    for never in ("bug", "compensated", "claim_lost", "executors_died"):
        assert set(re.findall(rf"logged {never} +(\d+)", told)) == {"0"}, told


def test_a_site_can_copy_the_settings_that_are_measured() -> None:
    settings = recommended()
    assert int(settings["max_connections"]) >= 1000
    assert {"shared_buffers", "huge_pages", "max_wal_size", "jit"} <= settings.keys()
