import pytest

from mediaproc.core.errors import AttemptFailed, BadSource, ErrorClass
from mediaproc.core.plan import make_plan
from mediaproc.core.plan.fallback import Tries
from mediaproc.core.profile import BUILT_IN
from tests.core.plan.sources import WHOLE

# A copy that may be tried in three ways, an encode, a gentle one, one without the sound.
PLAN = make_plan(WHOLE, profile=BUILT_IN["mp4"], threads=1)


def failed(error_class: ErrorClass, sentence: str = "It failed.") -> AttemptFailed:
    return AttemptFailed(sentence, error_class=error_class)


def test_what_fails_otherwise_gives_way_to_each_variant_in_turn() -> None:
    tries = Tries(variants=PLAN.variants)
    for variant in PLAN.variants[:-1]:
        assert tries.variant is variant
        tries = tries.after(failed(ErrorClass.TRANSCODE_FAILED))
    with pytest.raises(AttemptFailed, match=r"^It failed\.$"):
        tries.after(failed(ErrorClass.VERIFICATION_FAILED))


def test_what_no_variant_would_mend_ends_the_attempt() -> None:
    with pytest.raises(AttemptFailed, match=r"^It failed\.$"):
        Tries(variants=PLAN.variants).after(failed(ErrorClass.OUT_OF_MEMORY))


@pytest.mark.parametrize("stalls", range(len(PLAN.variants) - 1))
def test_after_a_stall_one_gentler_variant_is_tried_and_the_error_tells_of_both(stalls: int) -> None:
    tries = Tries(variants=PLAN.variants[stalls:]).after(failed(ErrorClass.STALLED, "It stood still."))
    assert tries.variant.name == ("silent" if PLAN.variants[stalls].name == "gentle" else "gentle")
    for error_class in (ErrorClass.STALLED, ErrorClass.TIMED_OUT):
        with pytest.raises(AttemptFailed) as caught:
            tries.after(failed(error_class, "It failed again."))
        assert str(caught.value) == f"It stood still. Then, as the variant {tries.variant.name}: It failed again."
        assert caught.value.error_class is ErrorClass.STALLED
    with pytest.raises(BadSource, match=r"It stood still\. .* Nothing can be decoded\."):
        tries.after(BadSource("Nothing can be decoded.", error_class=ErrorClass.UNDECODABLE))


def test_the_last_variant_that_stalls_ends_the_attempt() -> None:
    with pytest.raises(AttemptFailed, match=r"^It stood still\.$"):
        Tries(variants=PLAN.variants[-1:]).after(failed(ErrorClass.STALLED, "It stood still."))
