"""The list of tasks: what a selection means, page by page, and acts on those that are ticked or on all of them."""

import re
from functools import partial
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
from mediaproc.db.views import tasks
from mediaproc.web.auth import Operator, Reader
from mediaproc.web.page import Form, Page, TheForm, ThePage
from mediaproc.web.site import Site, TheSite
from mediaproc.web.task_act_form import act_name, act_of_form, needs_more
from mediaproc.web.task_list import task_page
from mediaproc.web.tenant_bounds import changeable

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
        return page.back(_address(words, all_=all_))
    shown = partial(page.show, "tasks.html", access=access, q=q, all=all_)
    try:
        found = task_page(site, _selection(q), access=access, with_history=all_, limit=_ON_A_PAGE, cursor=cursor)
    except WrongUse as error:
        return shown(status=400, wrong=str(error), lines=(), next=None, first=None)
    return shown(
        wrong=None,
        lines=found.items,
        next=_address(q, all_=all_, cursor=found.next) if found.next else None,
        first=_address(q, all_=all_) if cursor else None,
        command=_command(q, all_=all_),
    )


@router.post("/tasks", response_model=None)
def act_on_ticked(site: TheSite, page: ThePage, access: Operator, form: TheForm) -> Response:
    """Do it to the ticked tasks; ask first for all that match, and where something is to be said."""
    back = form.back("/tasks")
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
        back=form.back("/tasks"),
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
        return page.back(form.back("/tasks"), said=str(error), tone="red")
    said = answer.error or page.texts("tasks.done_to_all", count=answer.changed, act=page.texts(f"acts.{act.name}"))
    return page.back(form.back("/tasks"), said=said, tone="amber" if answer.error else "green")


def _as_words(typed: str) -> str:
    """What somebody looks for without a word of a selection, as one: a checksum, or a part of a name."""
    sought = typed.strip()
    if not sought or ":" in sought or all(part.isdecimal() for part in sought.split()):
        return typed
    return f"{'file' if _CHECKSUM.fullmatch(sought) else 'name'}:{written_values([sought])}"


def _selection(words: str) -> Selection:
    return Selection.parse(words) if words.strip() else EVERYTHING


def _address(words: str, *, all_: bool, cursor: str | None = None) -> str:
    """Where the list stands: of these words, with history or without, behind the cursor."""
    chosen = {"q": words, "all": "true" if all_ else "", "cursor": cursor or ""}
    query = urlencode({name: value for name, value in chosen.items() if value})
    return f"/tasks?{query}" if query else "/tasks"


def _command(words: str, *, all_: bool) -> str:
    quoted = "'" + words.replace("'", "'\\''") + "'"
    return "mediaproc tasks list" + (f" {quoted}" if words.strip() else "") + (" --all" if all_ else "")
