"""A form without any script takes one film in as it comes, and keeps nothing of one that was cut or is no form."""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from mediaproc import randomness
from mediaproc.core.access import SECRET_BYTES, Access, Scope, digest
from mediaproc.db.access import sessions
from tests.draft_bundle.zips import STICKER_ALONE, write_zip
from tests.parts.clips import Clips
from tests.parts.waiting import until
from tests.web.server import Answer, Server

BOUNDARY = "----mediaproc"
KIND = f"multipart/form-data; boundary={BOUNDARY}"


@dataclass(frozen=True)
class Browser:
    """Whoever is logged in and sends forms."""

    server: Server
    secret: str

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Cookie": f"mediaproc={self.secret}", "Sec-Fetch-Site": "same-origin"}

    def post(self, body: bytes, *, kind: str = KIND) -> Answer:
        return self.server.ask("POST", "/upload", body=body, headers={**self.headers, "Content-Type": kind})

    def get(self, path: str) -> Answer:
        return self.server.get(path, headers=self.headers)

    def uploads(self) -> int:
        with self.server.site.parts.database.read() as connection:
            count: int = connection.execute(text("SELECT count(*) FROM media_resumable_upload")).scalar_one()
        return count


@pytest.fixture
def browser(own_server: Server) -> Browser:
    secret = randomness.secret_bytes(SECRET_BYTES).hex()
    access = Access(scopes=frozenset({Scope.READ, Scope.ENQUEUE}), tenant=None, actor="ann")
    with own_server.site.parts.database.write() as connection:
        sessions.begin_session(connection, secret_sha256=digest(secret), access=access)
    return Browser(own_server, secret)


def form(data: bytes, *, filename: str = "film.avi", **fields: str) -> bytes:
    """As a browser sends it, the file last."""
    begin = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name="
    parts = [f'{begin}"{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
    head = f'{begin}"file"; filename="{filename}"\r\nContent-Type: video/avi\r\n\r\n'
    return ("".join(parts) + head).encode() + data + f"\r\n--{BOUNDARY}--\r\n".encode()


def test_a_film_of_a_form_becomes_a_task_and_its_page_leads_there(browser: Browser, clips: Clips) -> None:
    data = clips.make(seed=79).read_bytes() + bytes(3_000_000)
    answer = browser.post(form(data, filename="m\u00e4rchen.avi", profile="mp4", priority="2", tenant="ann"))
    assert answer.status == 303, answer.text
    path = answer.headers["Location"]
    page = until(lambda: _if_taken(browser.get(path)))
    assert "märchen.avi" in page.text
    state = browser.server.get(path.replace("/upload/", "/api/v1/uploads/"), headers=browser.headers).json()
    assert (state["status"], state["size"], state["tenant"], state["priority"]) == ("enqueued", len(data), "ann", 2)
    assert f"/tasks/{state['tasks'][0]['id']}" in page.text


def test_a_draft_of_which_nothing_can_be_drawn_is_refused_with_a_sentence_on_its_page(
    browser: Browser, tmp_path: Path
) -> None:
    draft = write_zip(tmp_path / "draft.zip", {"draft_content.json": STICKER_ALONE}).read_bytes()
    answer = browser.post(form(draft, filename="draft.zip", profile="draft"))
    assert answer.status == 303, answer.text
    sentence = "Nothing of the draft can be drawn: it has no visible clip and no text that this program can draw."
    page = until(lambda: answer_with(sentence, browser.get(answer.headers["Location"])))
    assert "no_video" not in page.text


def answer_with(text: str, answer: Answer) -> Answer | None:
    return answer if text in answer.text else None


def _if_taken(answer: Answer) -> Answer | None:
    assert answer.status == 200
    return answer if "Accepted" in answer.text else None


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (form(b""), KIND, 422),
        (form(b"", filename=""), KIND, 400),
        (form(b"12345", priority="1e3"), KIND, 400),
        (form(b"12345", profile="webm"), KIND, 400),
        (form(b"12345")[:-20], KIND, 400),
        (form(b"12345", profile="x" * 100_000), KIND, 413),
        (b"no form at all", KIND, 400),
        (b"", KIND, 400),
        (form(b"12345"), "multipart/form-data", 400),
        (b"file=x", "application/x-www-form-urlencoded", 400),
        (form(b"1").replace(b"--\r\n", b"\r\n") + form(b"2"), KIND, 400),
    ],
)
def test_what_is_no_film_in_a_form_is_refused_and_leaves_nothing(
    browser: Browser, body: bytes, kind: str, status: int
) -> None:
    assert browser.post(body, kind=kind).status == status
    assert browser.uploads() == 0


def test_a_form_that_is_cut_leaves_nothing(browser: Browser) -> None:
    where = urlsplit(browser.server.url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port)
    connection.putrequest("POST", "/upload")
    for name, value in {**browser.headers, "Content-Type": KIND, "Content-Length": "99999999"}.items():
        connection.putheader(name, value)
    connection.endheaders(form(bytes(2_000_000))[:-30])
    until(lambda: browser.uploads() == 1)
    connection.close()
    until(lambda: browser.uploads() == 0)
    assert list(browser.server.site.parts.store.keys("uploads/")) == []


def test_another_sites_form_is_refused(browser: Browser) -> None:
    headers = {**browser.headers, "Content-Type": KIND, "Sec-Fetch-Site": "cross-site"}
    assert browser.server.ask("POST", "/upload", body=form(b"12345"), headers=headers).status == 403
    assert browser.uploads() == 0
