"""One task: where it is, what became of each attempt and why, what was made of it, and what can be done."""

from collections.abc import AsyncIterator, Mapping

from fastapi import APIRouter, Request
from starlette.responses import Response

from mediaproc.acts.task_answers import Hindrance
from mediaproc.core.errors import WrongUse
from mediaproc.core.lifecycle import Status
from mediaproc.core.notes.grouping import grouped
from mediaproc.db.views.source_of_task import source_of_task
from mediaproc.db.views.whole_task import WholeTask
from mediaproc.web.api.parameters import RowId
from mediaproc.web.auth import Operator, Reader
from mediaproc.web.completion import received_completion
from mediaproc.web.form_upload import FormUpload
from mediaproc.web.page import TheForm, ThePage
from mediaproc.web.problems import not_found
from mediaproc.web.site import TheSite
from mediaproc.web.task_act_form import act_of_form
from mediaproc.web.task_acts import act_on_task
from mediaproc.web.task_stages import stages_of
from mediaproc.web.tenant_bounds import task_seen
from mediaproc.web.upload_body import body_of, in_upload_thread

router = APIRouter(include_in_schema=False)

# What may be done to a task in each status; whatever is too late is refused by the act itself.
_ACTS: Mapping[str, tuple[str, ...]] = {
    Status.PENDING: ("priority", "retry", "complete", "reject", "cancel"),
    Status.PROCESSING: ("priority", "reject", "cancel"),
    Status.FAILED: ("retry", "priority", "complete", "reject", "cancel"),
    Status.REJECTED: ("retry", "complete", "cancel"),
}

# Things that are not drawn exactly, in the page's list.
_MOST_NOTES = 100


@router.get("/tasks/{task_id}", response_model=None)
def show_task(site: TheSite, page: ThePage, access: Reader, task_id: RowId) -> Response:
    """All that is known of the task, as `mediaproc tasks show` prints it."""
    with site.read() as connection:
        task = task_seen(connection, task_id, access=access)
        source = source_of_task(connection, task_id=task_id, file_id=task.file_id)
    profile = site.profile(task.profile)
    latest = task.attempts[-1] if task.attempts else None
    return page.show(
        "task.html",
        access=access,
        task=task,
        source=source,
        kind=profile.mime_type.partition("/")[0] if profile else "",
        acts=_ACTS.get(task.status, ()) if access.tenant in {None, task.tenant} else (),
        stages=stages_of(latest, progress=task.progress) if latest else (),
        log=_latest_log(task),
        notes=grouped(task.rendition.notes) if task.rendition else (),
        most_notes=_MOST_NOTES,
        command=f"mediaproc tasks show {task_id}",
    )


@router.post("/tasks/{task_id}", response_model=None)
def act(site: TheSite, page: ThePage, access: Operator, task_id: RowId, form: TheForm) -> Response:
    """The page again, with what came of the act: done, or the sentence that it was too late."""
    here = f"/tasks/{task_id}"
    try:
        chosen = act_of_form(form)
        refusal = act_on_task(site, chosen, task_id, access=access)
    except WrongUse as error:
        return page.back(here, said=str(error), tone="red")
    if refusal is None:
        return page.back(here, said=page.texts(f"task.did_{chosen.name}"))
    if refusal.hindrance is Hindrance.NOT_THERE:
        raise not_found(refusal.sentence)
    return page.back(here, said=refusal.sentence, tone="amber")


@router.post("/tasks/{task_id}/complete", response_model=None)
async def complete(request: Request, site: TheSite, page: ThePage, access: Operator, task_id: RowId) -> Response:
    """The page again, once the file of the form was verified, uploaded and settled, or with the sentence why not."""
    pieces = _of_chosen_file(FormUpload(request), body_of(request))
    async with received_completion(pieces, site=site, access=access, task_id=task_id) as settle:

        def act() -> str:
            settle()
            return page.texts("task.did_complete")

        return await in_upload_thread(page.after, act=act, path=f"/tasks/{task_id}")


async def _of_chosen_file(form: FormUpload, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for piece in form.file_bytes(body):
        form.require_file()
        yield piece


def _latest_log(task: WholeTask) -> tuple[int, str] | None:
    """The last attempt that left a log, and its end."""
    return next(((each.attempt, each.log_tail) for each in reversed(task.attempts) if each.log_tail), None)
