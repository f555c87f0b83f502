"""An act on all tasks of a selection, by a client that has counted them."""

from typing import Annotated, Literal

from fastapi import APIRouter, Body
from pydantic import Field
from starlette.responses import Response

from mediaproc.acts.bulk import act_on_counted
from mediaproc.acts.task_answers import SelectionAnswer, TaskAct, act_named
from mediaproc.core.priority import HIGHEST_PRIORITY, LOWEST_PRIORITY
from mediaproc.core.selection import LARGEST_ID, Selection
from mediaproc.web.answers import answer, responses
from mediaproc.web.api.bodies import RequestBody, example
from mediaproc.web.auth import Operator
from mediaproc.web.idempotency import IdempotentRoute
from mediaproc.web.problems import ProblemKind
from mediaproc.web.site import TheSite
from mediaproc.web.tenant_bounds import changeable

router = APIRouter(tags=["tasks"], route_class=IdempotentRoute)


class BulkAct(RequestBody):
    """What is to be done to which tasks, and how many they are thought to be."""

    model_config = example({"action": "retry", "selection": "status:exhausted class:stalled", "expect": 120})

    action: Literal["retry", "cancel", "reject", "priority"]
    selection: Annotated[
        str, Field(min_length=1, max_length=200_000, description="Words such as `status:failed class:stalled`, or ids.")
    ]
    expect: Annotated[int, Field(ge=0, le=LARGEST_ID, strict=True, description="As `/tasks/count` told.")]
    because: Annotated[str | None, Field(max_length=2000, description="Of `reject`: why.")] = None
    priority: Annotated[
        int | None, Field(ge=LOWEST_PRIORITY, le=HIGHEST_PRIORITY, strict=True, description="Of `priority`.")
    ] = None

    def act(self) -> TaskAct:
        """The act.

        Raises:
            WrongUse: its own value is missing.
        """
        return act_named(self.action, because=self.because, priority=self.priority)


@router.post("/bulk", responses=responses(SelectionAnswer, problems=[ProblemKind.CONFLICT]), response_model=None)
def act_on_all(site: TheSite, access: Operator, body: Annotated[BulkAct, Body()]) -> Response:
    """Do it to all tasks of the selection that are not done, in batches, if they are about as many as expected.

    The answer comes when all is done; where it is lost, the act goes on, and the audit tells what was changed. The same
    request again under its `Idempotency-Key` waits for nothing: it is told to come again until the answer is there.
    """
    selection = changeable(Selection.parse(body.selection), access=access)
    return answer(act_on_counted(site.parts.database, body.act(), selection, expect=body.expect, actor=access.actor))
