"""An executor that is killed while it brings a draft leaves neither an object without a row nor a second task."""

import pytest

from mediaproc.db.grants import DEFAULT_NAMES
from tests.draft_download import drafts
from tests.draft_download.conftest import FetchingSite
from tests.parts.executors import ExecutorProcess
from tests.parts.postgres import as_role


@pytest.mark.parametrize("stage", ["download", "settle"])
def test_whenever_it_is_killed_the_draft_is_brought_once(fetching: FetchingSite, database_url: str, stage: str) -> None:
    fetching.host.files = drafts.files()
    task = fetching.enqueue(tenant="ann").id
    settings = fetching.site.settings | {
        "database_url": as_role(database_url, DEFAULT_NAMES["fetcher"]),
        "fetch_hosts": fetching.host.entry,
        "lease": "3",
        "heartbeat": "1",
    }
    with ExecutorProcess(settings=settings) as killed:
        killed.wait_for(event="stage_started", stage=stage, task=task)
        killed.kill()
    often = {"cron": "* * * * * *", "compensate_cron": "* * * * * *"}
    with ExecutorProcess(settings=settings | often, arguments=("--until-idle",)) as other:
        assert other.wait() == 0
    site = fetching.site
    assert site.value("SELECT count(*) FROM media_process_history WHERE profile = 'draft-fetch'") == 1
    assert fetching.child(task)["tenant"] == "ann"
    assert site.value("SELECT count(*) FROM media_process WHERE profile = 'draft'") == 1
    assert len([key for key in site.objects() if key.endswith(".zip")]) == 1
    site.compensate()
    site.assert_nothing_is_left()
    site.assert_renditions_are_whole(folder=fetching.folder)
