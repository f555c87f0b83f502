"""A draft at a URL becomes a file with a task of its own, once; what cannot be brought is told in one sentence."""

import json
import zipfile
from pathlib import Path

import pytest

from mediaproc.db.engine import connect
from mediaproc.db.grants import DEFAULT_NAMES
from mediaproc.draft_bundle.limits import BundleLimits
from tests.draft_download import drafts
from tests.draft_download.conftest import FetchingSite
from tests.parts.draft_host import DRAFT_ID, Respond, status
from tests.parts.postgres import as_role
from tests.parts.started_executor import started


def test_the_draft_becomes_the_bundle_of_a_task_with_the_tenant_and_priority_of_its_request(
    fetching: FetchingSite,
) -> None:
    fetching.host.files = drafts.files()
    task = fetching.enqueue(tenant="ann", priority=7).id
    assert fetching.run(task)["outcome"] == "completed"
    child = fetching.child(task)
    assert (child["profile"], child["tenant"], child["priority"]) == ("draft", "ann", 7)
    assert child["filename"] == f"{DRAFT_ID}.zip"
    with zipfile.ZipFile(fetching.bundle(task)) as bundle:
        # What the editor keeps for itself is not asked for.
        assert set(bundle.namelist()) == fetching.host.files.keys() - {"template-2.tmp"}
        materials = json.loads(bundle.read("draft_content.json"))["materials"]
        assert bundle.read("draft_info.json") == bundle.read("draft_content.json")
        assert bundle.read("assets/videos/film.mp4") == fetching.host.files["assets/videos/film.mp4"]
    assert materials["videos"][0]["path"] == "assets/videos/film.mp4"
    assert materials["audios"][0]["path"] == "assets/audios/音乐.mp3"
    assert not any("template" in path for path in fetching.host.asked)
    fetching.site.assert_renditions_are_whole(folder=fetching.folder)


def test_the_rights_of_a_fetcher_are_enough(fetching: FetchingSite, database_url: str) -> None:
    fetching.host.files = drafts.files()
    fetching.engine = connect(as_role(database_url, DEFAULT_NAMES["fetcher"]))
    try:
        assert fetching.run(fetching.enqueue().id)["outcome"] == "completed"
    finally:
        fetching.engine.dispose()


def test_an_executor_without_them_takes_a_strike_that_says_so_and_goes_on(
    fetching: FetchingSite, database_url: str
) -> None:
    fetching.host.files = drafts.files()
    fetching.engine = connect(as_role(database_url, DEFAULT_NAMES["executor"]))
    try:
        attempt = fetching.run(fetching.enqueue().id)
    finally:
        fetching.engine.dispose()
    assert (attempt["outcome"], "rights of a fetcher" in str(attempt["error"])) == ("failed", True)


def test_a_draft_that_was_brought_before_joins_its_task(fetching: FetchingSite) -> None:
    fetching.host.files = drafts.files()
    first, second = (fetching.enqueue(force=True).id for _ in range(2))
    outcomes = {fetching.run(task)["outcome"] for task in (first, second)}
    assert outcomes == {"completed"}
    assert fetching.child(first)["id"] == fetching.child(second)["id"]
    assert len([key for key in fetching.site.objects() if key.endswith(".zip")]) == 1


def test_materials_on_the_web_are_brought_into_the_bundle_under_names_of_ours(fetching: FetchingSite) -> None:
    fetching.host.files = drafts.files()
    film = f"{fetching.host.url('../elsewhere/big film.mp4')}?key=secret".replace("%20", " ")
    fetching.host.answers = {f"/output/draft/{DRAFT_ID}/../elsewhere/big film.mp4": status(200, body=b"from the web")}
    fetching.host.files = drafts.files(film=film)
    task = fetching.enqueue().id
    assert fetching.run(task)["outcome"] == "completed"
    with zipfile.ZipFile(fetching.bundle(task)) as bundle:
        content = bundle.read("draft_content.json")
        assert bundle.read("fetched/00001.mp4") == b"from the web"
    assert json.loads(content)["materials"]["videos"][0]["path"] == "fetched/00001.mp4"
    assert b"secret" not in content


def test_a_second_request_does_nothing_while_the_first_goes_on_and_is_a_new_one_after_it(
    fetching: FetchingSite,
) -> None:
    first = fetching.enqueue()
    again, of_another = fetching.enqueue(), fetching.enqueue(tenant="bob")
    assert (again.id, again.is_new) == (first.id, False)
    assert of_another.is_new
    assert fetching.run(first.id)["outcome"] == "rejected"
    assert fetching.enqueue().is_new


@pytest.mark.parametrize(
    ("code", "headers", "least_wait"),
    [(429, {"Retry-After": "40"}, 40), (503, {"Retry-After": "600"}, 600)],
)
def test_a_host_that_is_away_for_now_costs_no_strike_and_is_asked_again_when_it_says(
    fetching: FetchingSite, code: int, headers: dict[str, str], least_wait: int
) -> None:
    fetching.host.files = drafts.files()
    fetching.host.answers = {f"/output/draft/{DRAFT_ID}/assets/videos/film.mp4": status(code, headers=headers)}
    task = fetching.enqueue().id
    attempt = fetching.run(task)
    assert (attempt["outcome"], attempt["error_class"]) == ("released", "draft_url_unavailable")
    assert str(code) in str(attempt["error"])
    [row] = fetching.site.rows("SELECT fail_count, next_attempt_at - now() AS wait FROM media_process")
    assert row["fail_count"] == 0
    assert least_wait - 30 < row["wait"].total_seconds() <= least_wait


def test_a_host_that_is_away_for_a_moment_is_asked_again_at_once(fetching: FetchingSite) -> None:
    fetching.host.files = drafts.files()
    path = f"/output/draft/{DRAFT_ID}/assets/videos/film.mp4"

    def once(request: object) -> None:
        del fetching.host.answers[path]
        status(502)(request)  # type: ignore[arg-type]  # it is passed on

    fetching.host.answers = {path: once}
    task = fetching.enqueue().id
    assert fetching.run(task)["outcome"] == "completed"
    assert fetching.host.asked.count(path) == 2


_LIST = "/openapi/capcut-mate/v1/get_draft"
_FILM = f"/output/draft/{DRAFT_ID}/assets/videos/film.mp4"


def _listing(*urls: str) -> Respond:
    return status(200, body=json.dumps({"code": 0, "files": list(urls)}).encode())


@pytest.mark.parametrize(
    ("path", "answer", "said"),
    [
        (_LIST, status(404), "is not there"),
        (_LIST, status(302, headers={"Location": "http://169.254.169.254/"}), "no redirect is followed"),
        (_LIST, _listing(f"https://evil.example/{DRAFT_ID}/draft_content.json"), "may be asked"),
        (_LIST, _listing(f"https://169.254.169.254/{DRAFT_ID}/draft_content.json"), "link-local"),
        (_LIST, _listing(f"https://evil.example/{DRAFT_ID}/../../etc/passwd"), "not taken"),
        (_FILM, status(404), "is not there"),
        (_FILM, status(200, body=b"x" * 200_000), "more bytes"),
        (f"/output/draft/{DRAFT_ID}/draft_content.json", status(200, body=b"c2VjcmV0"), "encrypted"),
        (f"/output/draft/{DRAFT_ID}/draft_content.json", status(200, body=b'{"tracks": ['), "damaged"),
    ],
)
def test_what_can_never_be_brought_is_rejected_with_one_sentence_and_leaves_nothing(
    fetching: FetchingSite, path: str, answer: Respond, said: str
) -> None:
    fetching.limits = BundleLimits(max_files=40, max_file_bytes=100_000)
    fetching.host.files = {name: content for name, content in drafts.files().items() if name != "draft_info.json"}
    fetching.host.answers = {path: answer}
    task = fetching.enqueue().id
    attempt = fetching.run(task)
    assert attempt["outcome"] == "rejected", attempt["error"]
    sentence = str(attempt["error"])
    assert said in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert fetching.site.value("SELECT count(*) FROM media_process") == 1
    fetching.site.assert_nothing_is_left()


def test_a_draft_that_is_no_draft_is_rejected(fetching: FetchingSite) -> None:
    fetching.host.files = {"holiday.mp4": b"film"}
    attempt = fetching.run(fetching.enqueue().id)
    assert (attempt["outcome"], "draft_content.json" in str(attempt["error"])) == ("rejected", True)


def test_a_host_that_is_not_listed_is_never_asked(fetching: FetchingSite) -> None:
    fetching.hosts = frozenset({"drafts.example.com", "http://10.0.0.1"})
    attempt = fetching.run(fetching.enqueue().id)
    assert (attempt["outcome"], attempt["error_class"]) == ("rejected", "draft_url_refused")
    assert fetching.host.asked == []


def test_a_listed_host_may_have_no_private_address_unless_it_is_listed_as_one_of_the_own_network(
    fetching: FetchingSite,
) -> None:
    fetching.hosts = frozenset({fetching.host.authority})
    attempt = fetching.run(fetching.enqueue().id)
    assert attempt["outcome"] == "rejected"
    assert "MEDIAPROC_FETCH_HOSTS as http://HOST" in str(attempt["error"])
    assert fetching.host.asked == []


def test_an_executor_that_may_ask_nobody_does_not_know_the_profile(fetching: FetchingSite, tmp_path: Path) -> None:
    task = fetching.enqueue().id
    with started(fetching.site.engine, store=fetching.site.store, folder=tmp_path) as watched:
        assert not watched.executor.wake()
        assert "draft-fetch" not in watched.context.known_profiles
    assert fetching.ended(task) is None
