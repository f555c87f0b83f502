"""The list of tasks: what a selection means, page by page, and acts on those that are ticked or on all of them."""

import re
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.responses import Response

from mediaproc.acts import bulk, task_answers
from mediaproc.acts.bulk import CountChangedError
from mediaproc.core.access import Access
from mediaproc.core.errors import WrongUse
from mediaproc.core.selection import EVERYTHING, Selection
from mediaproc.core.selection_text import written_values
from mediaproc.db.selection import Cursor
from mediaproc.db.views import tasks
from mediaproc.db.views.tasks import TaskLine
from mediaproc.web.auth import Operator, Reader
from mediaproc.web.cursor import cursor_at, place_of
from mediaproc.web.page import Form, Page, TheForm, ThePage
from mediaproc.web.site import Site, TheSite
from mediaproc.web.task_act_form import act_name, act_of_form, needs_more
from mediaproc.web.tenant_bounds import changeable, seen

router = APIRouter(include_in_schema=False)

_ON_A_PAGE = 50
# Of those that an act would meet, so many are shown before it is confirmed.
_SAMPLE = 5
# More than any number of tasks has.
_DIGITS = 18
_CHECKSUM = re.compile("[0-9a-fA-F]{8,64}")


@router.get("/tasks", response_model=None)
def list_tasks(
    site: TheSite,
    page: ThePage,
    access: Reader,
    *,
    q: Annotated[str, Query(max_length=2000)] = "",
    all_: Annotated[bool, Query(alias="all")] = False,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """The tasks of a selection, the newest first; words that cannot be read are told beside the box."""
    words = _as_words(q)
    if words != q:
        # So that the address, the stream of events and the command all have what it means.
        return page.back(f"/tasks?{urlencode({'q': words} | ({'all': 'true'} if all_ else {}))}")
    try:
        selection = seen(_selection(q), access=access)
        found = _read(site, selection, access=access, with_history=all_, cursor=cursor)
    except WrongUse as error:
        return page.show("tasks.html", access=access, status=400, q=q, all=all_, wrong=str(error), lines=(), next=None)
    lines, place = found
    onward = {"q": q, "all": "true" if all_ else "", "cursor": place or ""}
    return page.show(
        "tasks.html",
        access=access,
        q=q,
        all=all_,
        wrong=None,
        lines=lines,
        next=f"/tasks?{urlencode({name: value for name, value in onward.items() if value})}" if place else None,
        first=f"/tasks?{urlencode({'q': q})}" if cursor else None,
        command=_command(q, all_=all_),
    )


def _read(
    site: Site, selection: Selection, *, access: Access, with_history: bool, cursor: str | None
) -> tuple[list[TaskLine], str | None]:
    """One page of them, and the cursor of the next one."""
    this_list = f"page {selection} tenant={access.tenant} all={with_history}"
    after = Cursor.parse(place_of(cursor, of=this_list, key=site.key)) if cursor else None
    with site.read() as connection:
        found = tasks.tasks(
            connection, selection=selection, with_history=with_history, limit=_ON_A_PAGE + 1, after=after
        )
    lines = found[:_ON_A_PAGE]
    if len(found) == len(lines):
        return lines, None
    last = Cursor(created_at=lines[-1].created_at, id=lines[-1].id)
    return lines, cursor_at(str(last), of=this_list, key=site.key)


@router.post("/tasks", response_model=None)
def act_on_ticked(site: TheSite, page: ThePage, access: Operator, form: TheForm) -> Response:
    """Do it to the ticked tasks; ask first for all that match, and where something is to be said."""
    back = _list_of(form)
    ids = " ".join(form.all("task"))
    if not ids and not form["whole"]:
        return page.back(back, said=page.texts("tasks.nothing_ticked"), tone="amber")
    if form["whole"] or needs_more(form):
        return _confirmation(site, page, access, form=form, words=form["q"] if form["whole"] else ids)
    act = act_of_form(form)
    selection = changeable(Selection.parse(ids), access=access)
    changed = act.change(site.parts.database, selection, actor=access.actor)
    refused = task_answers.refusals(site.parts.database, selection, changed)
    said = [task_answers.summary(act, changed), *(each.sentence for each in refused.values())]
    return page.back(back, said=" ".join(said), tone="amber" if refused else "green")


def _confirmation(site: Site, page: Page, access: Access, *, form: Form, words: str) -> Response:
    """How many there are, some of them, what else is to be said, and the button that does it."""
    selection = changeable(_selection(words), access=access)
    with site.read() as connection:
        count = tasks.count(connection, selection=selection)
        sample = tasks.tasks(connection, selection=selection, limit=_SAMPLE)
    return page.show(
        "confirm_act.html",
        access=access,
        act=act_name(form),
        words=words,
        count=count,
        sample=sample,
        back=_list_of(form),
    )


@router.post("/tasks/all", response_model=None)
def act_on_all(site: TheSite, page: ThePage, access: Operator, form: TheForm) -> Response:
    """Do it to all tasks that match, if they are about as many as were shown."""
    act = act_of_form(form)
    selection = changeable(_selection(form["q"]), access=access)
    expect = int(form["expect"]) if form["expect"].isdecimal() and len(form["expect"]) < _DIGITS else 0
    try:
        answer = bulk.act_on_counted(site.parts.database, act, selection, expect=expect, actor=access.actor)
    except CountChangedError as error:
        return page.back(_list_of(form), said=str(error), tone="red")
    said = answer.error or page.texts("tasks.done_to_all", count=answer.changed, act=page.texts(f"acts.{act.name}"))
    return page.back(_list_of(form), said=said, tone="amber" if answer.error else "green")


def _as_words(typed: str) -> str:
    """What somebody looks for without a word of a selection, as one: a checksum, or a part of a name."""
    sought = typed.strip()
    if not sought or ":" in sought or all(part.isdecimal() for part in sought.split()):
        return typed
    return f"{'file' if _CHECKSUM.fullmatch(sought) else 'name'}:{written_values([sought])}"


def _selection(words: str) -> Selection:
    return Selection.parse(words) if words.strip() else EVERYTHING


def _list_of(form: Form) -> str:
    """The list that the form stood on."""
    return f"/tasks?{urlencode({'q': form['q']})}" if form["q"] else "/tasks"


def _command(words: str, *, all_: bool) -> str:
    quoted = "'" + words.replace("'", "'\\''") + "'"
    return "mediaproc tasks list" + (f" {quoted}" if words.strip() else "") + (" --all" if all_ else "")
