"""What the tasks of one source are expected to take, by its facts and the profiles."""

from collections.abc import Mapping

from mediaproc.core.errors import BadSource
from mediaproc.core.expected_cost import cost_of_drawing, cost_of_unknown, expected_cost
from mediaproc.core.limits import Limits
from mediaproc.core.plan import make_plan
from mediaproc.core.position import LEAST_COST
from mediaproc.core.profile import Profile
from mediaproc.core.source_kind import is_planned_at_once
from mediaproc.enqueue.examination import Facts


def expected_costs(facts: Facts, *, wanted: Mapping[str, Profile], size: int, limits: Limits) -> Mapping[str, float]:
    """Seconds of one slot's work by profile; without facts by the file's size (bytes)."""
    return {name: _cost(facts, profile=profile, size=size, limits=limits) for name, profile in wanted.items()}


def _cost(facts: Facts, *, profile: Profile, size: int, limits: Limits) -> float:
    if facts.timeline is not None:
        return cost_of_drawing(facts.timeline, profile=profile)
    probe = facts.probe
    if probe is None or not is_planned_at_once(profile):
        return cost_of_unknown(size)
    try:
        return expected_cost(make_plan(probe, profile=profile, threads=1, limits=limits))
    except BadSource:
        # An executor will refuse it as soon.
        return LEAST_COST
