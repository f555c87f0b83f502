"""A value between keyframes is where the way from one to the next has it."""

from fractions import Fraction

import pytest

from mediaproc.core.timeline import Curve, Interpolation, Keyframe


def _curve(interpolation: Interpolation, **handles: tuple[float, float]) -> Curve:
    first = Keyframe(at=Fraction(10), value=1.0, interpolation=interpolation, handle_out=handles.get("out", (0.0, 0.0)))
    return Curve(keyframes=(first, Keyframe(at=Fraction(20), value=3.0, handle_in=handles.get("into", (0.0, 0.0)))))


def test_a_straight_way_rests_before_and_after() -> None:
    curve = _curve(Interpolation.LINEAR)
    assert [curve.value(at) for at in (0, 10, 15, 20, 99)] == [1.0, 1.0, 2.0, 3.0, 3.0]
    assert curve.value(Fraction(25, 2)) == 1.5


def test_a_held_value_jumps_at_the_next_keyframe() -> None:
    curve = _curve(Interpolation.HOLD)
    assert [curve.value(at) for at in (10, 19, 20)] == [1.0, 1.0, 3.0]


def test_handles_at_thirds_of_a_straight_way_bend_nothing() -> None:
    curve = _curve(Interpolation.BEZIER, out=(10 / 3, 2 / 3), into=(-10 / 3, -2 / 3))
    assert [curve.value(at) for at in range(10, 21)] == pytest.approx([1 + 0.2 * n for n in range(11)], abs=1e-9)


def test_an_eased_way_is_slow_at_its_ends_and_the_same_from_both() -> None:
    curve = _curve(Interpolation.BEZIER, out=(4.2, 0.0), into=(-4.2, 0.0))
    steps = [curve.value(at + 1) - curve.value(at) for at in range(10, 20)]
    assert curve.value(15) == pytest.approx(2.0)
    assert steps == pytest.approx(steps[::-1])
    assert steps[0] < 0.1 < steps[4]


def test_handles_that_reach_beyond_the_way_never_run_back_in_time() -> None:
    curve = _curve(Interpolation.BEZIER, out=(1e9, 0.0), into=(-1e9, 0.0))
    values = [curve.value(Fraction(100 + n, 10)) for n in range(101)]
    assert values == sorted(values)
    assert values[0] == 1.0
    assert values[-1] == 3.0


def test_another_unit_moves_values_and_handles_alike() -> None:
    curve = _curve(Interpolation.BEZIER, out=(4.0, 1.0), into=(-2.0, 0.5))
    mapped = curve.mapped(factor=-250.0, offset=250.0)
    for at in range(8, 23):
        assert mapped.value(at) == pytest.approx(250.0 - 250.0 * curve.value(at))


def test_only_what_never_changes_is_constant() -> None:
    assert Curve.constant(2.0).is_constant
    assert not _curve(Interpolation.LINEAR).is_constant
