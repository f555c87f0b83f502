"""capcut-mate's own requests get the answers that its server gives: fields, codes, sentences, always status 200."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from mediaproc.core.access import Scope
from mediaproc.core.capcut_mate.codes import SUBMITTED
from mediaproc.parts import Parts
from tests.parts.capcut_mate_client import CapcutMateClient
from tests.parts.draft_host import DRAFT_ID
from tests.web.server import Server, serving, site_of

_MISSING = f"https://drafts.example.com/openapi/capcut-mate/v1/get_draft?draft_id={DRAFT_ID}"
_FIELDS = {
    "code", "message", "draft_url", "status", "progress", "video_url", "error_message", "created_at", "started_at",
    "completed_at",
}  # fmt: skip


@contextmanager
def served_as(parts: Parts, mode: str, **settings: object) -> Iterator[Server]:
    changed = parts.settings.model_copy(update={"capcut_mate": mode, **settings})
    with serving(site_of(replace(parts, settings=changed))) as server:
        yield server


@pytest.fixture
def served(own_parts: Parts) -> Iterator[Server]:
    with served_as(own_parts, "open") as server:
        yield server


@pytest.fixture
def client(served: Server) -> CapcutMateClient:
    return CapcutMateClient(url=served.url)


def test_a_draft_is_submitted_followed_and_told_as_capcut_mate_does(client: CapcutMateClient) -> None:
    assert client.gen_video(_MISSING) == {"code": 0, "message": SUBMITTED}
    status = client.gen_video_status(_MISSING)
    assert status.keys() == _FIELDS
    assert (status["code"], status["message"], status["draft_url"]) == (0, "成功", _MISSING)
    assert (status["status"], status["progress"], status["video_url"], status["error_message"]) == (
        "pending",
        0,
        "",
        "",
    )
    assert "+" not in status["created_at"]
    assert (status["started_at"], status["completed_at"]) == (None, None)
    # A second one does nothing while the first goes on.
    assert client.gen_video(_MISSING)["code"] == 0
    assert client.gen_video_active_count() == {"code": 0, "message": "成功", "count": 1}


def test_the_handbooks_calls_tell_the_task_and_the_numbers(client: CapcutMateClient) -> None:
    submitted = client.post("submit_task", {"draft_url": _MISSING, "priority": 5})
    status = client.get(f"task_status?task_id={submitted['task_id']}")
    assert status.keys() == {"code", "message", "task_id", "status", "result", "error", "created_at", "updated_at"}
    assert (status["task_id"], status["status"], status["result"]) == (submitted["task_id"], "pending", None)
    assert client.get("statistics") == {
        "code": 0, "message": "成功", "total_tasks": 1, "pending_tasks": 1, "processing_tasks": 0, "completed_tasks": 0,
        "failed_tasks": 0, "queue_size": 1,
    }  # fmt: skip
    assert client.get("metrics")["queue_size"] == 1
    assert client.get("task_status?task_id=999")["code"] == 2031


@pytest.mark.parametrize(
    ("call", "body", "code", "chinese", "english"),
    [
        ("gen_video", {}, 1001, "参数校验失败", "Parameter validation failed"),
        ("gen_video", b"{", 1001, "参数校验失败", "Parameter validation failed"),
        ("gen_video", {"draft_url": 7}, 1001, "参数校验失败", "Parameter validation failed"),
        ("gen_video", {"draft_url": ""}, 2001, "无效的草稿URL", "Invalid draft URL"),
        ("gen_video", {"draft_url": "https://a.example/"}, 2001, "无效的草稿URL", "Invalid draft URL"),
        (
            "gen_video",
            {"draft_url": f"ftp://a.example/?draft_id={DRAFT_ID}"},
            2001,
            "无效的草稿URL",
            "Invalid draft URL",
        ),
        ("gen_video_status", {"draft_url": "x"}, 2031, "视频生成任务未找到", "Video generation task not found"),
        ("create_draft", {"width": 0, "height": 9}, 1001, "参数校验失败", "Parameter validation failed"),
        ("add_videos", {}, 1002, "资源不存在", "Resource not found"),
    ],
)
def test_what_is_wrong_has_its_code_and_its_sentence_in_the_callers_language(
    served: Server, call: str, body: object, code: int, chinese: str, english: str
) -> None:
    for language, sentence in ((None, chinese), ("en-US,en;q=0.9", english)):
        answer = CapcutMateClient(url=served.url, language=language).post(call, body)
        assert (answer["code"], answer["message"].partition("(")[0]) == (code, sentence)


def test_a_draft_that_is_made_here_can_be_asked_for(client: CapcutMateClient) -> None:
    made = client.create_draft(width=1080, height=1920)
    assert made.keys() == {"code", "message", "draft_url", "tip_url"}
    files = client.get_draft(made["draft_url"])["files"]
    assert [url.rpartition("/")[2] for url in files] == ["draft_content.json", "draft_info.json"]
    assert b'"width":1080,"height":1920' in client.download(files[0])
    assert client.get("get_draft?draft_id=short")["code"] == 1001
    assert client.get(f"get_draft?draft_id={DRAFT_ID}")["code"] == 2001


def test_nobody_is_answered_unless_a_setting_says_so(own_server: Server) -> None:
    assert own_server.get("/openapi/capcut-mate/v1/gen_video_active_count").status == 404
    token = own_server.token(Scope.ADMIN)
    for call in ("gen_video", "gen_video_status", "create_draft"):
        assert own_server.ask("POST", f"/openapi/capcut-mate/v1/{call}", token=token, body={}).status == 404


def test_with_tokens_each_call_needs_one_and_sees_its_tenants_drafts_alone(own_parts: Parts) -> None:
    with served_as(own_parts, "token") as served:
        anybody = CapcutMateClient(url=served.url)
        assert anybody.gen_video(_MISSING)["code"] == 2036
        assert anybody.gen_video_status(_MISSING)["code"] == 2036
        assert anybody.gen_video_active_count()["code"] == 2036
        assert anybody.create_draft(width=9, height=9)["code"] == 2036
        wrong = CapcutMateClient(url=served.url, api_key="2f1d6a3e-0000-4000-8000-000000000000")
        assert wrong.gen_video(_MISSING)["code"] == 2036
        reader = CapcutMateClient(url=served.url, api_key=served.token(Scope.READ))
        assert reader.gen_video(_MISSING)["code"] == 2036
        key = served.token(Scope.ENQUEUE, tenant="ann")
        assert CapcutMateClient(url=served.url, api_key=key).gen_video(_MISSING)["code"] == 0
        ann = {"draft_url": _MISSING, "apiKey": key}
        assert anybody.post("gen_video_status", ann)["status"] == "pending"
        bob = {"draft_url": _MISSING, "apiKey": served.token(Scope.ENQUEUE, tenant="bob")}
        assert anybody.post("gen_video_status", bob)["code"] == 2031
        by_header = anybody.post("gen_video_status", {"draft_url": _MISSING}, Authorization=f"Bearer {key}")
        assert by_header["status"] == "pending"


def test_no_other_site_can_make_a_browser_submit(client: CapcutMateClient) -> None:
    """Without a preflight a browser sends no JSON; and what it sends so is refused."""
    body = f'{{"draft_url": "{_MISSING}"}}'.encode()
    answer = client.post("gen_video", body, **{"Content-Type": "text/plain", "Origin": "https://evil.example"})
    assert answer["code"] == 1001
    assert client.gen_video_active_count()["count"] == 0


def test_a_database_that_is_away_is_an_answer(own_parts: Parts, broken_parts: Parts) -> None:
    away = replace(broken_parts, settings=own_parts.settings.model_copy(update={"capcut_mate": "open"}))
    with serving(replace(site_of(own_parts), parts=away)) as served:
        client = CapcutMateClient(url=served.url)
        assert client.gen_video(_MISSING)["code"] == 2030
        assert client.gen_video_status(_MISSING)["code"] == 2032
