"""The fixtures of all tests, real parts that are started once per run, and the distribution of tests to workers."""

from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler.loadscope import LoadScopeScheduling

# A busy machine is no failure: it may delay an example, and the making of one.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

pytest_plugins = [
    "tests.parts.postgres",
    "tests.parts.minio",
    "tests.parts.clips",
    "tests.parts.site",
    "tests.parts.last_release",
]

# Modules whose tests share a fixture that takes minutes; the modules of one group go to the same worker.
TOGETHER: Mapping[str, str] = {
    "tests/chaos/test_run.py": "the chaos run",
    "tests/corpus/test_browser.py": "the corpus",
    "tests/corpus/test_corpus.py": "the corpus",
    "tests/reports/test_cases.py": "the reports",
}


# Each module in here has a browser of its own, which its tests share.
WITH_BROWSER = "tests/web/browser/"


class _Together(LoadScopeScheduling):  # type: ignore[misc] # xdist ships no types
    """Gives each test by itself to a free worker, except those groups.

    xdist's own mark for this is lost with the node ids of newer versions of pytest.
    """

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return module if module.startswith(WITH_BROWSER) else TOGETHER.get(module, nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """The hook by which xdist asks for a scheduler."""
    return _Together(config, log)
