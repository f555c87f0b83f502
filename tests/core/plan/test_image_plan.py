import pytest

from mediaproc.core.plan import make_plan
from mediaproc.core.profile import BUILT_IN
from tests.core.plan.sources import WHOLE, with_packets


def test_what_was_cut_shows_in_the_pictures_of_it() -> None:
    cut = with_packets(last=8.0, last_duration=0.0)
    for name, missing in (("poster", 0.6), ("gif", 0.2)):
        assert make_plan(cut, profile=BUILT_IN[name], threads=1).expectation.content.missing == pytest.approx(missing)
        assert make_plan(WHOLE, profile=BUILT_IN[name], threads=1).expectation.content.missing == 0
