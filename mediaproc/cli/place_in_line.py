"""The sentence of a task's place in line."""

from mediaproc.core.quantities import counted
from mediaproc.db.views.place_in_line import Place
from mediaproc.formatting import duration


def place_sentence(place: Place) -> str:
    """How many tasks stand before it, and when it is likely to be ready, where that is known; or for whom it waits."""
    return f"{_standing(place)}{_ready(place)}.{f' {place.paused}' if place.paused else ''}"


def _standing(place: Place) -> str:
    if place.more:
        return f"more than {place.before:,} tasks stand before it"
    if place.before == 0:
        return "no task stands before it"
    return f"{counted(place.before, 'task')} {'stands' if place.before == 1 else 'stand'} before it"


def _ready(place: Place) -> str:
    if place.ready_in is None:
        return ""
    about = "not ready before" if place.more else "likely ready in"
    return f", {about} about {duration(place.ready_in)}"
