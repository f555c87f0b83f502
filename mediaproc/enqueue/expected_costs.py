"""What the tasks of one source are expected to take, by its facts and the profiles."""

from collections.abc import Mapping

from mediaproc.core.errors import BadSource
from mediaproc.core.expected_cost import cost_of_unknown, expected_cost
from mediaproc.core.limits import Limits
from mediaproc.core.plan import make_plan
from mediaproc.core.position import LEAST_COST
from mediaproc.core.probe import Probe
from mediaproc.core.profile import Profile


def expected_costs(
    probe: Probe | None, *, wanted: Mapping[str, Profile], size: int, limits: Limits
) -> Mapping[str, float]:
    """Seconds of one slot's work by profile; without facts by the file's size (bytes)."""
    if probe is None:
        return dict.fromkeys(wanted, cost_of_unknown(size))
    return {name: _cost(probe, profile=profile, limits=limits) for name, profile in wanted.items()}


def _cost(probe: Probe, *, profile: Profile, limits: Limits) -> float:
    try:
        return expected_cost(make_plan(probe, profile=profile, threads=1, limits=limits))
    except BadSource:
        # An executor will refuse it as soon.
        return LEAST_COST
