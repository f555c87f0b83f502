"""One shelf of materials for all tests of a run."""

from pathlib import Path

import pytest

from tests.drafts.materials import Shelf


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(Path(tmp_path_factory.mktemp("materials")))
