"""What the bodies of requests have in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from mediaproc.core.source_kind import DRAFT_PROFILE, FILM_PROFILE


class RequestBody(BaseModel):
    """A JSON object without members that nobody knows: a misspelt one would be left out in silence."""

    model_config = ConfigDict(extra="forbid")


def example(value: dict[str, JsonValue]) -> ConfigDict:
    """What a body adds to its description: one that makes sense."""
    return ConfigDict(json_schema_extra={"examples": [value]})


ProfilesWanted = Annotated[
    str,
    Field(
        max_length=1000,
        description=f"Several with commas; empty: {FILM_PROFILE}, of an editor's draft {DRAFT_PROFILE}.",
    ),
]
Reason = Annotated[str | None, Field(max_length=2000, description="Why, for those who see it.")]
Until = Annotated[
    str | None, Field(max_length=64, description="When it ends by itself: 90s, 15m, 2h, 7d, or a time (UTC).")
]
