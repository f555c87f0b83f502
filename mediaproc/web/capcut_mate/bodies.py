"""What callers of capcut-mate's API send; what else they send is passed over, as there."""

from typing import Annotated

from pydantic import BaseModel, Field

from mediaproc.core.capcut_mate.empty_draft import LARGEST_SIDE
from mediaproc.core.priority import HIGHEST_PRIORITY, LOWEST_PRIORITY

_Side = Annotated[int, Field(ge=1, le=LARGEST_SIDE)]
_LONGEST = 4096


class CreateDraft(BaseModel):
    """The size of the canvas."""

    width: _Side = 1920
    height: _Side = 1080


class OfDraft(BaseModel):
    """The draft by its URL, and who asks."""

    draft_url: Annotated[str, Field(max_length=_LONGEST)]
    apiKey: Annotated[str | None, Field(max_length=_LONGEST)] = None  # noqa: N815 - capcut-mate's own name


class SubmitTask(OfDraft):
    """The same, in the order that its caller wishes."""

    priority: Annotated[int, Field(ge=LOWEST_PRIORITY, le=HIGHEST_PRIORITY)] = 0
