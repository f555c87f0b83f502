"""An upload by tus goes on where it was cut and becomes a task; what cannot be is refused with a sentence."""

import hashlib
import random

import pytest
from sqlalchemy import text

from mediaproc.core.access import Scope
from tests.parts.clips import Clips
from tests.parts.waiting import until
from tests.web.server import Answer, Server
from tests.web.tus_client import PATH, TusClient, metadata

MIB = 1024 * 1024


@pytest.fixture
def client(server: Server) -> TusClient:
    return TusClient(server, server.token(Scope.ENQUEUE))


def ended(client: TusClient, path: str) -> dict[str, object]:
    """What became of the upload, once that is known."""

    def told() -> dict[str, object] | None:
        state = client.state(path)
        return None if state["status"] in {"uploading", "received"} else state

    return until(told)


def kept(client: TusClient, path: str, *, beyond: int) -> int:
    """How many bytes are kept, once the server has noticed that the client is gone."""
    until(lambda: _is(client, path, f"writer IS NULL AND received > {beyond}"))
    return client.offset(path)


def _is(client: TusClient, path: str, condition: str) -> bool:
    """Whether the upload's row is so."""
    asked = text(f"SELECT {condition} FROM media_resumable_upload WHERE id = :id")  # noqa: S608 - our own words
    with client.server.site.parts.database.read() as connection:
        return bool(connection.scalar(asked, {"id": path.rpartition("/")[2]}))


def test_it_says_what_it_can_do(client: TusClient) -> None:
    told = client.server.ask("OPTIONS", PATH, token=client.token)
    assert told.status == 204
    assert (told.headers["Tus-Resumable"], told.headers["Tus-Version"]) == ("1.0.0", "1.0.0")
    assert told.headers["Tus-Extension"] == "creation,creation-with-upload,expiration,termination"
    assert int(told.headers["Tus-Max-Size"]) == 64 * 1024**3


def test_cut_twenty_times_in_the_middle_of_requests_it_is_one_file_and_one_task(
    client: TusClient, clips: Clips
) -> None:
    # What players pass over at the end makes it long enough for whole chunks; the digest counts it.
    data = clips.make(seed=77).read_bytes() + bytes(random.Random(2).randbytes(40 * MIB))  # noqa: S311
    path = client.begin(len(data), profile="mp4", priority="3", tenant="tus")
    offset = 0
    for cut in range(1, 21):
        end = len(data) * cut // 21
        connection = client.begin_to_send(path, data[offset:end], offset=offset, promised=len(data) - offset)
        connection.close()
        earlier, offset = offset, kept(client, path, beyond=offset)
        # What was on the way when it was cut is sent again.
        assert earlier < offset <= end
    last = client.send(path, data[offset:], offset=offset)
    assert (last.status, last.headers["Upload-Offset"]) == (204, str(len(data)))
    told = ended(client, path)
    assert (told["status"], told["error"]) == ("enqueued", None)
    assert told["file"] == hashlib.sha256(data).hexdigest()
    assert [(task["profile"], task["priority"], task["tenant"]) for task in _tasks(told)] == [("mp4", 3, "tus")]


def _tasks(told: dict[str, object]) -> list[dict[str, object]]:
    tasks = told["tasks"]
    assert isinstance(tasks, list)
    return tasks


def test_the_first_bytes_come_with_the_creation_and_an_upload_that_is_no_video_is_refused_with_a_sentence(
    client: TusClient,
) -> None:
    begun = client.ask("POST", PATH, body=b"hel", Upload_Length="5", **_renamed(metadata(filename="../a.avi")))
    assert (begun.status, begun.headers["Upload-Offset"]) == (201, "3")
    path = begun.headers["Location"]
    told = client.ask("HEAD", path)
    assert (told.headers["Upload-Offset"], told.headers["Upload-Length"]) == ("3", "5")
    assert told.headers["Upload-Metadata"] == metadata(filename="../a.avi")["Upload-Metadata"]
    assert told.headers["Upload-Expires"].endswith(" GMT")
    assert told.headers["Cache-Control"] == "no-store"
    assert client.send(path, b"lo", offset=3).status == 204
    refused = ended(client, path)
    assert (refused["status"], refused["filename"], refused["tasks"]) == ("refused", "a.avi", [])
    assert str(refused["error"]).endswith(".")
    # The last answer was lost: the client asks again.
    assert client.send(path, b"", offset=5).status == 204


def _renamed(headers: object) -> dict[str, str]:
    assert isinstance(headers, dict)
    return {name.replace("-", "_"): value for name, value in headers.items()}


def test_while_one_client_sends_another_is_told_to_wait_and_a_wrong_offset_is_a_conflict(client: TusClient) -> None:
    path = client.begin(4 * MIB)
    first = client.begin_to_send(path, bytes(2 * MIB), offset=0, promised=4 * MIB)
    until(lambda: _is(client, path, "writer IS NOT NULL"))
    second = client.send(path, b"", offset=0)
    assert second.status == 423
    assert second.json()["detail"].startswith("Somebody else sends bytes of this upload: try again in ")
    assert second.json()["type"].endswith("/problems/locked")
    first.close()
    offset = kept(client, path, beyond=0)
    assert MIB <= offset <= 2 * MIB
    wrong = client.send(path, bytes(MIB), offset=0)
    assert (wrong.status, wrong.headers["Tus-Resumable"]) == (409, "1.0.0")
    assert wrong.json()["detail"] == f"The upload goes on at byte {offset}, and not at 0."


@pytest.mark.parametrize(
    ("headers", "status", "says"),
    [
        ({"Tus-Resumable": "0.2.2"}, 412, "This is tus 1.0.0, and the request's Tus-Resumable is '0.2.2'."),
        ({"Tus-Resumable": ""}, 412, "This is tus 1.0.0"),
        ({"Upload-Length": "-1"}, 400, "Upload-Length is a number of bytes, and not '-1'."),
        ({"Upload-Length": "9" * 30}, 400, "Upload-Length is a number of bytes"),
        ({"Upload-Length": "0"}, 422, "The file is empty: upload the original recording."),
        ({"Upload-Length": str(65 * 1024**3)}, 413, "The file has "),
        ({"Upload-Defer-Length": "1"}, 400, "Upload-Defer-Length is not supported: send Upload-Length."),
        ({"Upload-Concat": "final;/api/v1/uploads/a /etc/passwd"}, 400, "Upload-Concat is not supported"),
        ({"Upload-Metadata": "filename ../../x"}, 400, "The value of 'filename' in Upload-Metadata is no UTF-8"),
        (metadata(filename="a\0b"), 400, "The value of 'filename' in Upload-Metadata holds a NUL byte"),
        (metadata(profile="webm"), 400, "There is no profile 'webm'; known profiles are"),
        (metadata(priority="1e3"), 400, "The priority is an integer from -1000 to 1000"),
        (metadata(tenant="a\u202eb"), 400, "A tenant's name has printable characters only"),
    ],
)
def test_a_creation_that_cannot_be_is_refused_with_a_sentence(
    client: TusClient, headers: dict[str, str], status: int, says: str
) -> None:
    refused = client.ask("POST", PATH, body=None, **_renamed({"Upload-Length": "5"} | headers))
    assert (refused.status, refused.headers["Content-Type"]) == (status, "application/problem+json")
    assert refused.json()["detail"].startswith(says)
    assert refused.headers["Tus-Resumable"] == "1.0.0"
    assert "Location" not in refused.headers


@pytest.mark.parametrize(
    "name",
    [
        "..",
        "%2e%2e%2f%2e%2e%2fetc",
        "a\\b\\c.avi",
        "<script>alert(1)</script>",
        "a\r\nSet-Cookie: x=1",
        "\u202egnp.avi",
        "é" * 700,
    ],
)
def test_a_hostile_name_is_only_ever_a_name(client: TusClient, name: str) -> None:
    path = client.begin(5, filename=name)
    assert path.startswith(f"{PATH}/")
    assert set(path.removeprefix(f"{PATH}/")) <= set("0123456789abcdef")
    shown = str(client.state(path)["filename"])
    assert shown.isprintable()
    assert "/" not in shown
    assert "\\b" not in shown
    assert len(shown) <= 255
    assert client.ask("DELETE", path).status == 204


@pytest.mark.parametrize("path", ["/..%2f..%2fetc%2fpasswd", "/%2e%2e", "/a%00b", "/" + "0" * 32, "/" + "A" * 200])
@pytest.mark.parametrize("method", ["HEAD", "PATCH", "DELETE", "GET"])
def test_a_path_that_is_no_upload_of_ours_is_not_there(client: TusClient, method: str, path: str) -> None:
    answer = client.ask(method, PATH + path, body=b"x" if method == "PATCH" else None, Upload_Offset="0")
    assert answer.status == 404


def test_bytes_of_another_kind_and_more_than_were_promised_are_refused(client: TusClient) -> None:
    path = client.begin(5)
    kind = client.ask("PATCH", path, body=b"12345", Upload_Offset="0", Content_Type="video/mp4")
    assert kind.json()["detail"] == "The bytes of an upload are sent as Content-Type application/offset+octet-stream."
    more = client.send(path, b"123456", offset=0)
    assert (more.status, more.json()["detail"]) == (
        413,
        "More bytes came than the 5 that the upload may have: begin it anew.",
    )
    assert client.offset(path) == 0


def test_what_is_given_up_is_gone_and_what_expired_is_told(client: TusClient) -> None:
    given_up, expired = client.begin(5), client.begin(5)
    assert client.ask("DELETE", given_up).status == 204
    assert client.ask("HEAD", given_up).status == 404
    with client.server.site.parts.database.write() as connection:
        connection.execute(
            text("UPDATE media_resumable_upload SET expires_at = now() - interval '1 s' WHERE id = :id"),
            {"id": expired.rpartition("/")[2]},
        )
    for answer in (client.send(expired, b"12345", offset=0), client.server.get(expired, token=client.token)):
        assert answer.status == 410
        assert answer.json()["detail"] == "No byte of the upload came for a day, so it is over: begin a new one."


def test_an_upload_is_its_tenants_alone(client: TusClient) -> None:
    ann, bob = (
        TusClient(client.server, client.server.token(Scope.ENQUEUE, tenant=tenant)) for tenant in ("ann", "bob")
    )
    path = ann.begin(5, tenant="bob")
    assert ann.state(path)["tenant"] == "ann"
    assert client.state(path)["tenant"] == "ann"
    assert [bob.ask(method, path).status for method in ("HEAD", "DELETE")] == [404, 404]
    assert bob.send(path, b"12345", offset=0).status == 404
    assert bob.server.get(path, token=bob.token).status == 404


@pytest.mark.parametrize("scopes", [(Scope.READ,), (Scope.OPERATE,)])
def test_without_the_right_to_enqueue_nothing_is_taken(client: TusClient, scopes: tuple[Scope, ...]) -> None:
    reader = TusClient(client.server, client.server.token(*scopes))
    assert reader.ask("POST", PATH, Upload_Length="5").status == 403
    path = client.begin(5)
    assert reader.send(path, b"12345", offset=0).status == 403
    assert client.server.ask("PATCH", path, body=b"12345").status == 401


def test_the_same_creation_again_is_the_same_upload(client: TusClient) -> None:
    begun = [client.ask("POST", PATH, Upload_Length="5", Idempotency_Key="k1") for _ in range(2)]
    assert [answer.status for answer in begun] == [201, 201]
    assert begun[0].headers["Location"] == begun[1].headers["Location"]


def test_a_body_that_is_no_file_is_never_read_whole(client: TusClient) -> None:
    large = bytes(2 * MIB)
    for method, path in (("POST", PATH), ("POST", f"{PATH}/presigned"), ("PATCH", client.begin(5))):
        answer = client.ask(method, path, body=large, Content_Type="application/json", Idempotency_Key="k2")
        assert answer.status == 413


def test_more_is_made_of_an_upload_by_its_id_or_its_file_and_only_by_its_tenant(
    client: TusClient, clips: Clips
) -> None:
    ann = TusClient(client.server, client.server.token(Scope.ENQUEUE, tenant="ann"))
    data = clips.make(seed=78).read_bytes()
    path = ann.begin(len(data))
    early = _more(ann, upload=path.rpartition("/")[2])
    assert (early.status, early.json()["detail"]) == (
        409,
        "The upload is not enqueued yet: wait for its first task.",
    )
    ann.send(path, data, offset=0)
    first = ended(ann, path)
    more = _more(ann, upload=path.rpartition("/")[2], profile="poster,mp4", priority=5)
    assert more.status == 201
    told = more.json()
    assert more.headers["Location"] == f"/api/v1/tasks/{told['task']}"
    assert [(task["profile"], task["is_new"]) for task in told["tasks"]] == [("poster", True), ("mp4", False)]
    assert (told["file"], told["error"]) == (first["file"], None)
    again = _more(ann, file=str(first["file"]), profile="poster")
    assert (again.status, again.json()["status"], again.json()["task"]) == (200, "duplicate", told["task"])
    bob = TusClient(client.server, client.server.token(Scope.ENQUEUE, tenant="bob"))
    assert _more(bob, file=str(first["file"])).status == 404
    assert _more(bob, upload=path.rpartition("/")[2]).status == 404


def _more(client: TusClient, **wanted: object) -> Answer:
    return client.server.ask("POST", "/api/v1/tasks", token=client.token, body=wanted)


@pytest.mark.parametrize(
    ("wanted", "status", "says"),
    [
        ({}, 422, "Name either a file, an upload, or a draft's URL."),
        ({"file": "0" * 64, "upload": "0" * 32}, 422, "Name either a file, an upload, or a draft's URL."),
        ({"file": "0" * 64}, 404, "There is no such file, or no more: upload it."),
        ({"file": "0" * 64, "profile": "webm"}, 400, "There is no profile 'webm'"),
        ({"file": "../x"}, 422, "body.file:"),
        ({"file": "0" * 64, "priority": 10**30}, 422, "body.priority:"),
        ({"url": "http://169.254.169.254/"}, 422, "body.url:"),
    ],
)
def test_more_of_what_cannot_be_is_refused_with_a_sentence(
    client: TusClient, wanted: dict[str, object], status: int, says: str
) -> None:
    answer = _more(client, **wanted)
    assert answer.status == status
    assert answer.json()["detail"].startswith(says)
