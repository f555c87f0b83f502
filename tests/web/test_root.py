"""What stands at the root: health, metrics, static files, what problems mean, and what a reader chooses."""

import gzip
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from structlog.testing import capture_logs

from mediaproc.acts.logins import make_login_link
from mediaproc.core.access import Scope
from mediaproc.parts import Parts
from mediaproc.web.app import make_app
from mediaproc.web.problems import ProblemKind
from mediaproc.web.static_files import static_address, static_files
from tests.parts.serve import FROM_OUR_PAGE, Client
from tests.web.server import Server, serving, site_of

_ANONYMOUS = {"/livez", "/readyz", "/login", "/logout", "/preferences", "/static/{name:path}"}


def _routes(server: Server) -> Iterator[tuple[str, str]]:
    for route in iter_route_contexts(make_app(server.site).routes):
        for method in sorted(route.methods or {"GET"}):
            yield method, str(route.path)


def test_without_credentials_each_route_says_that_nobody_is_known(server: Server) -> None:
    asked = [(method, path) for method, path in _routes(server) if path not in _ANONYMOUS]
    assert len(asked) > 2
    for method, path in asked:
        answer = server.ask(method, path.replace("{", "").replace("}", ""), headers={"Sec-Fetch-Site": "same-origin"})
        assert answer.status in {401, 404, 422}, (method, path, answer)
        assert answer.status == 401 or b"items" not in answer.body


def test_it_says_in_a_word_whether_it_lives_and_is_ready(server: Server, broken_parts: Parts) -> None:
    heads = [server.ask("HEAD", path) for path in ("/livez", "/readyz")]
    assert [(answer.status, answer.body) for answer in heads] == [(200, b"")] * 2
    assert [(server.get(path).status, server.get(path).text) for path in ("/livez", "/readyz")] == [
        (200, "alive"),
        (200, "ready"),
    ]
    with serving(replace(server.site, parts=broken_parts)) as broken:
        assert (broken.get("/livez").status, broken.get("/livez").text) == (200, "alive")
        assert (broken.get("/readyz").status, broken.get("/readyz").text) == (503, "unready")


def test_the_metrics_tell_the_requests_by_the_form_of_their_address(server: Server) -> None:
    token = server.token(Scope.READ)
    server.get("/problems/no-such-problem?secret=1", token=token)
    told = server.get("/metrics", token=token)
    assert told.headers["Content-Type"].startswith("text/plain")
    assert 'mediaproc_http_requests_total{method="GET",route="/problems/{slug}",status="404"}' in told.text
    assert "mediaproc_database_up 1.0" in told.text
    assert "no-such-problem" not in told.text
    server.get("/api/v1/tasks", token=token)
    assert 'method="GET",route="/api/v1/tasks",status="200"' in server.get("/metrics", token=token).text
    assert server.get("/metrics").status == 401
    assert server.get("/metrics", token=server.token(Scope.ENQUEUE)).status == 403
    assert server.get("/metrics", token=server.token(Scope.ADMIN, tenant="ann")).status == 403


def test_a_file_beside_a_page_is_kept_for_ever_under_its_version(server: Server) -> None:
    address = static_address("mediaproc.css")
    kept = server.get(address, headers={"Accept-Encoding": "identity"})
    assert (kept.status, kept.headers["Content-Type"]) == (200, "text/css; charset=utf-8")
    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for other in ("/static/mediaproc.css", f"{address}0"):
        assert server.get(other).headers["Cache-Control"] == "no-cache"
    again = server.get(address, headers={"If-None-Match": kept.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")
    file = static_files()["mediaproc.css"]
    assert gzip.decompress(file.compressed) == file.content == kept.body


@pytest.mark.parametrize(
    "name", ["../site.py", "%2e%2e/site.py", "..%2fsite.py", "nothing.css", "vendored/VENDORED.toml"]
)
def test_no_other_file_can_be_had(server: Server, name: str) -> None:
    assert server.get(f"/static/{name}").status == 404


@pytest.mark.parametrize("kind", ProblemKind, ids=lambda kind: kind.slug)
def test_the_type_of_each_problem_leads_to_an_explanation(server: Server, kind: ProblemKind) -> None:
    token = server.token(Scope.READ)
    for language in ("en", "zh"):
        page = server.get(f"/problems/{kind.slug}", token=token, headers={"Accept-Language": language})
        assert (page.status, f'lang="{language}' in page.text) == (200, True)


def test_a_person_gets_a_page_with_the_sentence_that_a_program_gets(server: Server) -> None:
    token = server.token(Scope.READ)
    document = server.get("/nothing", token=token).json()
    page = server.get("/nothing", token=token, headers={"Accept": "text/html,*/*"})
    assert page.status == 404
    assert document["detail"] in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    # Whoever asks the API is a program, whatever it accepts.
    api = server.get("/api/v1/nothing", token=token, headers={"Accept": "text/html"})
    assert api.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nothing", 404), ("PUT", "/tasks", 405)])
def test_who_is_logged_in_finds_the_way_on_from_what_is_not_there_and_nobody_else_does(
    server: Server, method: str, path: str, status: int
) -> None:
    def asked(secret: str) -> str:
        answer = server.ask(method, path, headers={**FROM_OUR_PAGE, "Cookie": f"mediaproc={secret}"})
        assert answer.status == status
        return answer.text

    reader = asked(server.login(Scope.READ))
    assert 'href="/executors"' in reader
    assert 'href="/tokens"' not in reader
    assert 'href="/executors"' not in asked(server.login(Scope.READ, tenant="acme"))
    nobody = asked("0" * 64)
    assert not {"/executors", "/tasks", "/logout"} & set(re.findall(r'(?:href|action)="([^"]*)"', nobody))


def test_while_the_database_is_away_a_page_says_so_and_asks_again(parts: Parts, broken_parts: Parts) -> None:
    site = site_of(parts)
    with serving(replace(site, parts=broken_parts)) as server:
        client = Client(server.url)
        client.cookie = f"mediaproc={'0' * 64}"
        away = client.get("/problems/bug", page=True)
        assert (away.status, away.headers["Retry-After"], away.headers["Refresh"]) == (503, "5", "5")
        assert "This page tries again by itself." in away.text
        assert "Refresh" not in client.ask("POST", "/login", form={"once": "0" * 64}).headers


def test_language_and_theme_are_chosen_on_our_own_pages_alone(server: Server) -> None:
    client = Client(server.url)
    chosen = client.ask("POST", "/preferences", form={"language": "zh", "theme": "dark", "back": "/login?next=/x"})
    assert (chosen.status, chosen.headers["Location"]) == (303, "/login?next=/x")
    client.cookie = "language=zh; theme=dark"
    page = client.get("/login", page=True).text
    assert 'data-theme="dark"' in page
    assert "登录" in page
    assert "Set-Cookie" not in client.ask("POST", "/preferences", form={"language": "tlh", "theme": ""}).headers
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert client.ask("POST", "/preferences", form={"theme": "dark"}, headers=foreign).status == 403


def test_no_secret_gets_into_the_log(parts: Parts) -> None:
    with capture_logs() as lines, serving(site_of(parts)) as server:
        client, link = Client(server.url), make_login_link(parts.database)
        token = server.token(Scope.READ)
        client.get(f"/login?once={link}", page=True)
        client.log_in(link)
        client.get("/api/v1/tasks?q=name:secretname")
        server.get("/api/v1/tasks", token=token)
        server.get("/share/signed-by-us", headers=dict(FROM_OUR_PAGE))
    assert [line["path"] for line in lines if line["event"] == "request"].count("/login") == 2
    told = str(lines)
    assert client.cookie is not None
    for secret in (link, client.cookie.partition("=")[2], token, "secretname", "signed-by-us"):
        assert secret not in told
    assert {line["actor"] for line in lines if line.get("path") == "/api/v1/tasks"} >= {"login link"}


@pytest.mark.parametrize(
    "path", ["/livez", "/login", "/metrics", "/api/v1/events", "/static/mediaproc.css", "/nothing"]
)
def test_under_a_name_that_is_not_ours_nothing_is_answered(server: Server, path: str) -> None:
    for host in ("evil.example", "evil.example:80", "127.0.0.1.evil.example", ""):
        assert server.get(path, token=server.token(Scope.READ), headers={"Host": host}).status == 421


def _with_a_bug(app: FastAPI) -> FastAPI:
    @app.get("/bug")
    def bug() -> None:
        raise RuntimeError("the password is 1234")

    return app


def test_the_headers_that_confine_a_browser_are_on_every_answer(server: Server) -> None:
    with serving(replace(server.site), changed=_with_a_bug) as served:
        token, asked = served.token(Scope.ADMIN), [*_routes(served), ("GET", "/bug"), ("PUT", "/login")]
        for method, path in asked:
            if path in {"/api/v1/events", "/live"}:  # their answers do not end
                continue
            answer = served.ask(method, path.replace("{", "").replace("}", ""), token=token)
            assert answer.headers["X-Content-Type-Options"] == "nosniff", (method, path)
            assert answer.headers["X-Frame-Options"] == "DENY"
            assert answer.headers["Referrer-Policy"] == "same-origin"
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        bug = served.get("/bug", headers={"Accept": "text/html"})
    assert (bug.status, "1234" in bug.text) == (500, False)


def test_text_is_sent_compressed_to_whoever_takes_it_so(server: Server) -> None:
    token, taken = server.token(Scope.READ), {"Accept-Encoding": "gzip"}
    plain = server.get("/problems/bug", token=token)
    assert ("Content-Encoding" in plain.headers, int(plain.headers["Content-Length"])) == (False, len(plain.body))
    compressed = server.get("/problems/bug", token=token, headers=taken)
    assert (compressed.headers["Content-Encoding"], compressed.headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert int(compressed.headers["Content-Length"]) < len(plain.body) / 2
    assert compressed.text == plain.text
    small = server.get("/livez", headers=taken)
    assert ("Content-Encoding" in small.headers, small.text) == (False, "alive")
