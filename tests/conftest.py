"""What every test may ask for: the real parts, started once per run; and what runs side by side."""

from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler.loadscope import LoadScopeScheduling

# A busy machine is no failure: it may take a moment from any example, and from the making of one.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

pytest_plugins = [
    "tests.parts.postgres",
    "tests.parts.minio",
    "tests.parts.clips",
    "tests.parts.site",
    "tests.parts.last_release",
]

# Modules whose tests look at one thing that takes minutes to make: the same group, the same worker.
TOGETHER: Mapping[str, str] = {
    "tests/chaos/test_run.py": "the chaos run",
    "tests/corpus/test_browser.py": "the corpus",
    "tests/corpus/test_corpus.py": "the corpus",
    "tests/reports/test_cases.py": "the reports",
}


class _Together(LoadScopeScheduling):  # type: ignore[misc] # xdist ships no types
    """Each test by itself to whichever worker is free, but for those groups.

    xdist's own mark for this is lost with the node ids of newer versions of pytest.
    """

    def _split_scope(self, nodeid: str) -> str:
        return TOGETHER.get(nodeid.partition("::")[0], nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Asked by xdist, by this name."""
    return _Together(config, log)
