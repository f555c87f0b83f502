"""One materials of materials for all tests of a run."""

from pathlib import Path

import pytest

from tests.drafts.materials import MaterialFolder


@pytest.fixture(scope="session")
def materials(tmp_path_factory: pytest.TempPathFactory) -> MaterialFolder:
    return MaterialFolder(Path(tmp_path_factory.mktemp("materials")))
