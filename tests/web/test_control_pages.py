"""The pages of those who run the site: who may act there, what a button does, and what is shown only once."""

import html
import re
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest
from sqlalchemy import text

from mediaproc.core.access import Scope
from mediaproc.db.pauses import pauses_in_force
from tests.parts.postgres import PostgresServer
from tests.web.conftest import opened
from tests.web.filled_site import HOSTILE, Filled, fill
from tests.web.person import Person, forms_of
from tests.web.server import Server, serving, site_of

PAGES = ("/executors", "/schedules", "/schedules/prune", "/webhooks", "/audit", "/tokens")
# What each right lets somebody send.
POSTS = {
    "/pauses": Scope.OPERATE,
    "/pauses/resume": Scope.OPERATE,
    "/schedules/prune": Scope.OPERATE,
    "/webhooks": Scope.ADMIN,
    "/webhooks/1": Scope.ADMIN,
    "/tokens": Scope.ADMIN,
    "/tokens/revoke": Scope.ADMIN,
}


@pytest.fixture(scope="module")
def filled(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Filled]]:
    name = postgres_server.create_database()
    with opened(postgres_server.url(name), tmp_path_factory.mktemp("control")) as parts:
        rows = fill(parts.database)
        with serving(site_of(parts)) as server:
            yield server, rows
    postgres_server.drop_database(name)


@pytest.fixture
def server(filled: tuple[Server, Filled]) -> Server:
    return filled[0]


@pytest.fixture
def person(server: Server) -> Callable[..., Person]:
    def with_scopes(*scopes: Scope, tenant: str | None = None) -> Person:
        return Person(server=server, secret=server.login(*scopes, tenant=tenant))

    return with_scopes


@pytest.fixture
def admin(person: Callable[..., Person]) -> Person:
    return person(Scope.ADMIN)


def _counted(server: Server, what: str) -> int:
    with server.site.parts.database.read() as connection:
        return int(connection.scalar(text(f"SELECT count(*) FROM {what}")) or 0)  # noqa: S608 - the test's own


def _pauses(server: Server) -> set[str]:
    with server.site.parts.database.read() as connection:
        return {line.scope for line in pauses_in_force(connection)}


def test_who_lacks_the_right_cannot_act_whatever_the_page_shows(person: Callable[..., Person], server: Server) -> None:
    lines = _counted(server, "media_audit")
    for path, needed in POSTS.items():
        for scope in (Scope.READ, Scope.ENQUEUE, Scope.OPERATE):
            if scope is not needed:
                answer = person(scope).post(path, act="run", scope="everything")
                assert answer.status == 403, (path, scope)
        assert person(Scope.ADMIN).post(path, act="nothing", scope="nothing").status in {303, 400}
    assert _counted(server, "media_audit") == lines


def test_a_login_of_one_tenant_sees_and_changes_nothing_of_the_whole_site(
    person: Callable[..., Person], filled: tuple[Server, Filled]
) -> None:
    tenant = person(Scope.READ, Scope.OPERATE, tenant="ann")
    for path in (*PAGES, f"/webhooks/{filled[1].webhook}"):
        assert tenant.get(path).status == 403, path
    for path in POSTS:
        assert tenant.post(path, scope="everything", act="run").status == 403, path
    assert "everything" not in _pauses(filled[0])


def test_a_reader_is_shown_no_buttons_that_act(person: Callable[..., Person]) -> None:
    reader = person(Scope.READ)
    for path in ("/executors", "/schedules", "/schedules/prune", "/audit"):
        page = reader.get(path)
        assert page.status == 200
        assert set(re.findall(r'method="post" action="([^"]*)"', page.text)) <= {"/logout", "/preferences"}, path
        assert "formmethod" not in page.text
    assert reader.get("/tokens").status == 403


def test_nobody_is_shown_anything_without_a_login(server: Server) -> None:
    for path in PAGES:
        answer = server.get(path, headers={"Accept": "text/html"})
        assert (answer.status, answer.headers["Location"].partition("?")[0]) == (303, "/login"), path


def test_hostile_names_are_text_on_every_page(admin: Person, filled: tuple[Server, Filled]) -> None:
    for path in (*PAGES, f"/webhooks/{filled[1].webhook}", "/tokens?all=true"):
        page = admin.get(path).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<svg onload" not in page
        assert "\u202e" not in page, path
    assert "&lt;script&gt;alert(1)" in admin.get("/executors").text


@pytest.mark.parametrize("path", ["/audit?actor={}", "/audit?act={}", "/schedules/prune?cron={}"])
def test_what_is_asked_for_is_text_too(admin: Person, path: str) -> None:
    for hostile in HOSTILE[:2]:
        page = admin.get(path.format(urlencode({"": hostile})[1:])).text
        assert hostile not in page


def test_an_executor_a_profile_and_everything_are_paused_and_resumed(admin: Person, server: Server) -> None:
    with server.site.parts.database.read() as connection:
        executor = str(connection.scalar(text("SELECT id FROM media_executor WHERE host = 'node-a'")))
    for scope in (f"executor {executor}", "profile mp3", "shard 0/2", "everything"):
        assert admin.after("/pauses", scope=scope, until="2h", because="new disk") == f"Paused: {scope}."
        assert scope in _pauses(server)
        assert f'value="{scope}"' in admin.get("/executors").text
        assert admin.after("/pauses/resume", scope=scope) == f"Resumed: {scope}."
        assert scope not in _pauses(server)


def test_what_cannot_be_paused_is_told_on_the_page(admin: Person) -> None:
    assert "no profile" in admin.after("/pauses", scope="profile nothing")
    assert "--until cannot be" in admin.after("/pauses", scope="profile mp3", until="soon")
    assert "There is no pause of profile mp3" in admin.after("/pauses/resume", scope="profile mp3")


def test_a_schedule_is_run_paused_resumed_and_changed(admin: Person, server: Server) -> None:
    assert (
        admin.after("/schedules/sweep", act="run")
        == "The executors that live run sweep now; what came of it is told here."
    )
    assert _counted(server, "media_schedule WHERE name = 'sweep' AND requested_at IS NOT NULL") == 1
    assert admin.after("/schedules/sweep", act="pause") == "The schedule sweep is paused."
    assert admin.after("/schedules/sweep", act="resume") == "The schedule sweep is resumed."
    assert "is not paused" in admin.after("/schedules/sweep", act="resume")
    assert "fires by 0 15 4 * * *" in admin.after("/schedules/sweep", act="set", cron="15 4 * * *")
    assert "fires as the settings say" in admin.after("/schedules/sweep", act="default")


def test_a_cron_is_previewed_before_it_is_saved_and_a_wrong_one_is_told_beside_its_box(admin: Person) -> None:
    page = admin.get("/schedules/prune?cron=0+4+*+*+sun").text
    assert page.count("04:00:00 UTC</time>") == 5
    for answer in (
        admin.get("/schedules/prune?cron=1--100000000"),
        admin.post("/schedules/prune", act="set", cron="x"),
    ):
        assert answer.status == 400
        assert "aria-invalid" in answer.text
        assert "has 1 fields" in answer.text


def test_a_token_is_shown_once_and_never_again(admin: Person, server: Server) -> None:
    created = admin.post("/tokens", name="website", scope=["read", "enqueue"], life="30")
    assert created.status == 200
    assert created.headers["Cache-Control"] == "no-store"
    (token,) = set(re.findall(r"mp_[0-9a-f]{12}_[0-9a-f]{64}", created.text))
    assert server.get("/api/v1/tasks", token=token).status == 200
    _, token_id, secret = token.split("_")
    for path in (*PAGES, "/tokens?all=true"):
        assert secret not in admin.get(path).text
    assert admin.after("/tokens/revoke", token=token_id) == f"Token {token_id} is revoked."
    assert server.get("/api/v1/tasks", token=token).status == 401
    assert token_id not in admin.get("/tokens").text
    assert token_id in admin.get("/tokens?all=true").text


def test_a_token_without_a_scope_is_refused_and_the_form_keeps_what_was_written(admin: Person) -> None:
    answer = admin.post("/tokens", name="website", tenant="ann")
    assert answer.status == 400
    assert "No scope is named" in answer.text
    assert 'value="website"' in answer.text


def test_a_webhook_is_added_with_its_secret_shown_once_then_tried_and_removed(admin: Person, server: Server) -> None:
    added = admin.post("/webhooks", url="https://127.0.0.1.example.com/a-secret-path", event=["task.completed"])
    (secret,) = set(re.findall(r"whsec_[A-Za-z0-9+/=]{40,}", added.text))
    number = _counted(server, "media_webhook")
    here = f"/webhooks/{number}"
    for path in ("/webhooks", here, "/audit"):
        page = admin.get(path).text
        assert secret not in page
        assert "a-secret-path" not in page
    assert "whsec_" in admin.post(here, act="rotate").text
    # Nobody answers for that name.
    assert "127.0.0.1.example.com" in admin.after(here, act="test")
    assert admin.after(here, act="remove") == f"Webhook {number} is removed."
    assert admin.get(here).status == 404


def test_an_address_that_is_not_taken_is_told_beside_the_box(admin: Person, server: Server) -> None:
    webhooks = _counted(server, "media_webhook")
    for url in ("javascript:alert(1)", "http://example.com/", "https://user:password@example.com/", *HOSTILE):
        answer = admin.post("/webhooks", url=url, event="task.completed")
        assert answer.status == 400, url
        assert 'aria-describedby="error-url"' in answer.text
    assert _counted(server, "media_webhook") == webhooks


def test_dead_messages_are_sent_again(admin: Person, filled: tuple[Server, Filled]) -> None:
    server, rows = filled
    here = f"/webhooks/{rows.webhook}"
    assert "Nothing is selected" in admin.after(here, act="replay", which="ticked")
    assert admin.after(here, act="replay", which="dead") == "1 message will be sent again."
    assert _counted(server, "media_delivery WHERE dead_at IS NOT NULL") == 0


def test_a_button_of_a_webhook_leads_back_to_the_page_of_messages_that_it_stood_on(
    admin: Person, filled: tuple[Server, Filled]
) -> None:
    server, rows = filled
    with server.site.parts.database.write() as connection:
        connection.execute(
            text(
                "INSERT INTO media_delivery (webhook_id, message_id, type, body)"
                " SELECT webhook_id, gen_random_uuid(), type, body FROM media_delivery, generate_series(1, 55)"
                " WHERE webhook_id = :id"
            ),
            {"id": rows.webhook},
        )
    here = _onward(admin.get(f"/webhooks/{rows.webhook}").text)
    assert "?cursor=" in here
    page = admin.get(here).text
    assert admin.press(page, "which", "ticked").headers["Location"] == here
    (tries,) = [each for each in forms_of(page) if ("act", "test") in each.fields]
    assert ("back", here) in tries.fields
    assert f'href="{here}"' in admin.press(page, "act", "rotate").text


def test_a_token_that_ends_leaves_the_list_as_it_was(admin: Person) -> None:
    for scope, path in (("read", "/tokens?all=true"), ("operate", "/tokens")):
        created = admin.press(admin.get(path).text, "name", "", tenant="ann", scope=scope).text
        assert f'href="{path}"' in created
        token = re.findall(r"mp_([0-9a-f]{12})_", created)[0]
        assert admin.press(admin.get(path).text, "token", token).headers["Location"] == path
        assert (token in admin.get(path).text) == ("all" in path)
        refused = admin.press(admin.get(path).text, "name", "", tenant="ann")
        assert (refused.status, token in refused.text) == (400, "all" in path)


def test_a_schedule_that_is_set_back_is_shown_again(admin: Person) -> None:
    admin.post("/schedules/sweep", act="set", cron="15 4 * * *")
    answer = admin.press(admin.get("/schedules/sweep").text, "act", "default")
    assert answer.headers["Location"] == "/schedules/sweep"


def _onward(page: str) -> str:
    """Where the page behind this one is, or nothing."""
    found = re.search(r'rel="next" href="([^"]+)"', page)
    return html.unescape(found[1]) if found else ""


def test_the_audit_is_listed_page_by_page_and_by_actor_and_act(admin: Person, server: Server) -> None:
    with server.site.parts.database.write() as connection:
        connection.execute(
            text(
                "INSERT INTO media_audit (actor, act, selection, count)"
                " SELECT 'walker', 'retry', 'step ' || n, n FROM generate_series(1, 120) AS n"
            )
        )
    seen, path = list[str](), "/audit?actor=walker"
    while path:
        page = admin.get(path).text
        seen += re.findall(r"<span>(step \d+)</span>", page)
        path = _onward(page)
    assert seen == [f"step {number}" for number in range(120, 0, -1)]
    assert "walker" not in admin.get("/audit?act=schedule").text
    assert 'href="/audit?actor=walker&amp;act=retry"' in admin.get("/audit?actor=walker").text
    assert admin.get(f"/audit?cursor={'A' * 60}").status == 400
