"""The cases of public bug reports, and films whose sound is displaced on purpose."""

import pytest

from mediaproc.ffmpeg.tools import find_tools
from tests.corpus.source_maker import SourceMaker
from tests.reports.cases import Reports, load_reports, reports_folder


@pytest.fixture(scope="session")
def reports() -> Reports:
    folder = reports_folder()
    if folder is None:
        pytest.skip(
            "the reports are not there: put them beside the project as shared/reports, or set MEDIAPROC_TEST_REPORTS"
        )
    return load_reports(folder)


@pytest.fixture(scope="module")
def maker(tmp_path_factory: pytest.TempPathFactory) -> SourceMaker:
    return SourceMaker(tools=find_tools(ffmpeg=None, ffprobe=None), folder=tmp_path_factory.mktemp("films"))
