"""The pages ask for the right themselves, keep to a tenant, tell what was too late, and are small."""

import html
import re
from urllib.parse import urlencode

from mediaproc.core.access import Scope
from mediaproc.core.notes import Note, NoteCode
from mediaproc.db.tasks import operator_acts
from mediaproc.db.views import tasks
from tests.db.sample_rows import claimed_at_once, complete, executor, insert_task
from tests.web.filled_site import Filled
from tests.web.person import Person
from tests.web.server import Answer, Server

_FORM = "application/x-www-form-urlencoded"


def _get(server: Server, path: str, *scopes: Scope, tenant: str | None = None) -> Answer:
    cookie = f"mediaproc={server.login(*scopes, tenant=tenant)}"
    return server.get(path, headers={"Cookie": cookie, "Accept": "text/html", "Accept-Encoding": "gzip"})


def _post(server: Server, path: str, cookie: str, **fields: object) -> Answer:
    return Person(server=server, secret=cookie).post(path, **{name: str(value) for name, value in fields.items()})


def _status(server: Server, task_id: int) -> str:
    with server.site.parts.database.read() as connection:
        (line,) = tasks.tasks_named(connection, ids=[task_id])
    return line.status


def test_a_reader_sees_no_buttons_and_may_not_post_either(filled: tuple[Server, Filled]) -> None:
    server, rows = filled
    page = _get(server, f"/tasks/{rows.exhausted}", Scope.READ).text
    assert "ffmpeg gave up." in page
    assert 'name="act"' not in page
    assert 'name="act"' in _get(server, f"/tasks/{rows.exhausted}", Scope.OPERATE).text
    reader = server.login(Scope.READ)
    for act in ("retry", "cancel", "reject", "priority"):
        for path, fields in (
            (f"/tasks/{rows.exhausted}", {}),
            ("/tasks", {"task": rows.exhausted}),
            ("/tasks/all", {"q": "status:failed", "expect": 2}),
        ):
            answer = _post(server, path, reader, act=act, because="no", priority=3, **fields)
            assert answer.status == 403, (path, act)
    assert _status(server, rows.exhausted) == "failed"


def test_a_tasks_page_lists_what_is_not_drawn_exactly_in_both_languages(filled: tuple[Server, Filled]) -> None:
    server, rows = filled
    here = f"/tasks/{rows.completed}"
    page = _get(server, here, Scope.READ).text
    assert "Not drawn exactly as in its editor" in page
    assert "17 notes" in page
    assert "The sticker &#39;&lt;script&gt;alert(1)" in page
    assert ("differs" in page, "close to it" in page, "and 2 times more" in page) == (True, True, True)
    # Its flags say no more than the list.
    assert "note:" not in page
    cookie = f"mediaproc={server.login(Scope.READ)}"
    page = server.get(here, headers={"Cookie": cookie, "Accept": "text/html", "Accept-Language": "zh"}).text
    assert "与剪辑软件中不完全一致之处" in page
    assert "以“向左滑动”代替。" in page
    (answer,) = server.get(f"/api/v1{here}", headers={"Cookie": cookie}).json()["rendition"]["notes"][-1:]
    assert (answer["code"], answer["segment"], answer["done"]) == ("rate_assumed", "", "told")
    assert "Not drawn exactly" not in _get(server, f"/tasks/{rows.exhausted}", Scope.READ).text


def test_of_many_notes_a_page_lists_a_hundred_and_the_command_that_tells_all(filled: tuple[Server, Filled]) -> None:
    server, _ = filled
    notes = [Note(code=NoteCode.FILTER, segment_id=f"s{n}", start=n, duration=1, name=f"f{n}") for n in range(150)]
    with server.site.parts.database.write() as connection:
        task_id = insert_task(connection, 99)
        complete(connection, claimed_at_once(connection, task_id, by=executor(connection)), notes=notes)
    page = _get(server, f"/tasks/{task_id}", Scope.READ).text
    assert page.count("The filter") == 100
    assert "50 things more are in the answer of" in page
    assert f"<code>mediaproc tasks show {task_id} --json</code>" in page


def test_a_foreign_page_can_press_no_button(filled: tuple[Server, Filled]) -> None:
    server, rows = filled
    headers = {"Cookie": f"mediaproc={server.login(Scope.ADMIN)}", "Content-Type": _FORM, "Accept": "text/html"}
    for foreign in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}, {}):
        answer = server.ask("POST", f"/tasks/{rows.exhausted}", headers=headers | foreign, body=b"act=cancel")
        assert answer.status == 403, foreign
    assert _status(server, rows.exhausted) == "failed"


def test_what_comes_too_late_is_told_on_the_page_and_changes_nothing(filled: tuple[Server, Filled]) -> None:
    server, rows = filled
    cookie = server.login(Scope.OPERATE)
    for task_id, act, sentence in (
        (rows.completed, "cancel", f"Task {rows.completed} is completed already."),
        (rows.processing, "retry", f"Task {rows.processing} is being worked on: wait for its end, or cancel it."),
        (rows.failed, "nothing", "There is no act"),
        (rows.failed, "reject", "because"),
        (rows.failed, "priority", "an integer from -1000 to 1000"),
    ):
        before = _status(server, task_id)
        answer = _post(server, f"/tasks/{task_id}", cookie, act=act, priority="1e9")
        assert (answer.status, answer.headers["Location"]) == (303, f"/tasks/{task_id}")
        notice = answer.headers["Set-Cookie"].partition(";")[0]
        shown = server.get(
            f"/tasks/{task_id}", headers={"Cookie": f"mediaproc={cookie}; {notice}", "Accept": "text/html"}
        )
        assert sentence in shown.text
        assert _status(server, task_id) == before


def test_a_tenant_sees_its_own_tasks_alone(filled: tuple[Server, Filled]) -> None:
    server, rows = filled
    assert _get(server, f"/tasks/{rows.failed}", Scope.READ, tenant="acme").status == 404
    own = _get(server, "/", Scope.READ, tenant="acme")
    assert own.status == 200
    assert "node-a" not in own.text
    assert "clip" not in _get(server, "/tasks", Scope.READ, tenant="acme").text


def test_an_unknown_task_is_a_page_with_the_sentence_of_the_command(filled: tuple[Server, Filled]) -> None:
    server, _ = filled
    answer = _get(server, "/tasks/4711", Scope.READ)
    assert (answer.status, "There is no task 4711." in answer.text) == (404, True)
    for path in ("/tasks/0", "/tasks/9999999999999999999999", "/tasks/x", "/tasks/1%00"):
        assert _get(server, path, Scope.READ).status in {404, 422}, path


def test_a_page_with_all_it_loads_is_small(filled: tuple[Server, Filled]) -> None:
    """Fifty rows of long names, the style sheet, the scripts: under 60 kB as they are sent."""
    server, rows = filled
    with server.site.parts.database.write() as connection:
        for number in range(1000, 1060):
            insert_task(connection, number, filename=f"a film with a rather long name, part {number} of many.mov")
    compressed = {"Accept-Encoding": "gzip"}
    files = ("mediaproc.css", "page.js", "icon.svg")
    loaded = sum(int(server.get(f"/static/{name}", headers=compressed).headers["Content-Length"]) for name in files)
    for path in ("/", "/tasks", f"/tasks/{rows.hostile[0]}", f"/tasks/{rows.exhausted}"):
        answer = _get(server, path, Scope.ADMIN)
        assert answer.headers["Content-Encoding"] == "gzip"
        assert int(answer.headers["Content-Length"]) + loaded < 60_000, path


def test_every_way_back_leads_to_the_place_in_the_list(filled: tuple[Server, Filled]) -> None:
    """The words, whether history is shown, and the page are kept by each link and each act."""
    server, _ = filled
    with server.site.parts.database.write() as connection:
        ids = [insert_task(connection, number, filename="kept place.avi") for number in range(2000, 2055)]
        operator_acts.cancel(connection, ids=ids[1:3])
    person = Person(server=server, secret=server.login(Scope.OPERATE))
    top = "/tasks?q=name%3Akept&all=true"
    here = _link(person.get(top).text, "Next")
    page = person.get(here).text
    assert here.startswith(f"{top}&cursor=")
    assert f'id="task-{ids[1]}"' in page
    assert _link(page, "Newest") == top
    ticked = str(ids[0])
    assert person.press(page, "act", "retry").headers["Location"] == here
    assert person.press(page, "act", "retry", task=ticked).headers["Location"] == here
    for act, said in (("priority", {"priority": "3"}), ("reject", {"because": "Too dark."}), ("cancel", {})):
        for met in ({"whole": "yes"}, {"task": ticked}):
            asked = person.press(page, "act", act, **met).text
            assert _link(asked, "Back") == here
            assert person.press(asked, "act", act, **said).headers["Location"] == here
    assert f'id="task-{ids[1]}"' in person.get(here).text


def test_the_way_back_is_never_another_sites(filled: tuple[Server, Filled]) -> None:
    server, rows = filled
    person = Person(server=server, secret=server.login(Scope.OPERATE))
    for elsewhere in ("javascript:alert(1)", "//evil.example/", "https://evil.example/", "/\\evil.example"):
        fields = {"act": "reject", "task": str(rows.failed), "back": elsewhere}
        assert _link(person.post("/tasks", **fields).text, "Back") == "/"
        assert person.post("/tasks", act="retry", back=elsewhere).headers["Location"] == "/"


def _link(page: str, label: str) -> str:
    """Where the link of this label leads."""
    (found,) = re.findall(rf'href="([^"]+)">{label}</a>', page)
    return html.unescape(found)


def test_what_is_looked_for_without_a_word_is_a_name_a_number_or_a_checksum(filled: tuple[Server, Filled]) -> None:
    server, rows = filled
    for typed, words in (
        ("holiday in the", 'name:"holiday in the"'),
        ("00ff00ff", "file:00ff00ff"),
        ("<script>|x", 'name:"<script>|x"'),
    ):
        answer = _get(server, f"/tasks?{urlencode({'q': typed, 'all': 'true'})}", Scope.READ)
        assert (answer.status, answer.headers["Location"]) == (
            303,
            f"/tasks?{urlencode({'q': words, 'all': 'true'})}",
        ), typed
    assert f'id="task-{rows.pending}"' in _get(server, '/tasks?q=name:"holiday+in+the"', Scope.READ).text
    for as_it_is in (str(rows.pending), f"{rows.pending} {rows.failed}", "status:failed", ""):
        assert _get(server, f"/tasks?{urlencode({'q': as_it_is})}", Scope.READ).status == 200
