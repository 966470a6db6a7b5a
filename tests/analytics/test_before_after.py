import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analytics import BeforeAfter, InvalidData, LifeData, NotEnoughFailures, Result, compare_before_after


def lives(
    rng: np.random.Generator, eta: float, beta: float, watched: tuple[float, float], n: int
) -> LifeData:
    life, end = eta * rng.weibull(beta, n), rng.uniform(*watched, n)
    return LifeData(np.minimum(life, end), life <= end)


def test_bounds_are_those_of_the_exact_binomial_test() -> None:
    # The p-value of scipy's exact test at the bound is the tail it leaves.
    found = compare_before_after((12, 3_000), (5, 4_000), criterion=0.5, confidence=0.90)
    assert found.lower is not None
    assert found.upper is not None
    share = {ratio: 4_000 * ratio / (3_000 + 4_000 * ratio) for ratio in (found.lower, found.upper)}
    assert stats.binomtest(5, 17, share[found.upper], alternative="less").pvalue == pytest.approx(0.05)
    assert stats.binomtest(5, 17, share[found.lower], alternative="greater").pvalue == pytest.approx(0.05)
    assert found.ratio == pytest.approx(5 / 4_000 * 3_000 / 12)


def test_the_comparison_of_two_rates_agrees_with_a_published_one() -> None:
    # Przyborowski and Wilenski's test as scipy has it: one-sided p below 0.05 just where the bound falls below 1.
    for after in range(12):
        found = compare_before_after((10, 100.0), (after, 100.0), criterion=1.0, expected_ratio=0.5)
        p = stats.poisson_means_test(after, 100.0, 10, 100.0, alternative="less").pvalue
        exact = stats.binomtest(after, 10 + after, 0.5, alternative="less").pvalue
        assert (found.answer == "effective") == (exact <= 0.05)
        assert p <= exact + 1e-9  # the E-test is never more cautious than the conditional one


@pytest.mark.parametrize(
    ("after", "answer"), [((4, 6_000), "effective"), ((40, 6_000), "not effective"), ((2, 900), "too early")]
)
def test_the_three_answers(after: tuple[float, float], answer: str) -> None:
    found = compare_before_after((40, 10_000), after, criterion=0.5)
    assert found.answer == answer
    assert (found.exposure_needed == 0.0) == (answer != "too early")


def test_no_failure_after_is_no_proof_until_the_exposure_is_there() -> None:
    early = compare_before_after((8, 10_000), (0, 1_000), criterion=0.5)
    assert early.answer == "too early"
    assert early.lower is None
    assert early.interval().side == "upper"
    assert early.exposure_needed_without_failure is not None
    there = 1_000 + early.exposure_needed_without_failure
    assert compare_before_after((8, 10_000), (0, there * 1.0001), criterion=0.5).answer == "effective"
    assert compare_before_after((8, 10_000), (0, there * 0.9999), criterion=0.5).answer == "too early"


def test_it_says_where_no_wait_would_do() -> None:
    # Even a rate after that is known to be a quarter leaves the bound of two failures before above a half.
    hopeless = compare_before_after((2, 10_000), (0, 10), criterion=0.5)
    assert hopeless.exposure_needed is None
    assert "no further exposure" in hopeless.warnings[0]
    assert not compare_before_after((40, 10_000), (0, 500), criterion=0.5).warnings


def test_without_failures_before_nothing_can_have_become_better() -> None:
    found = compare_before_after((0, 10_000), (0, 1_000), criterion=0.5)
    assert (found.answer, found.ratio, found.upper, found.exposure_needed) == ("too early", None, None, None)
    assert "nothing failed before" in found.warnings[0]
    assert len(found.warnings) == 1


def test_the_exposure_needed_gives_the_power_it_promises() -> None:
    rng = np.random.default_rng(5)
    found = compare_before_after((60, 10_000), (1, 1_000), criterion=0.5, expected_ratio=0.2, power=0.8)
    assert found.exposure_needed is not None
    further = rng.poisson(60 / 10_000 * 0.2 * found.exposure_needed, 4_000)
    answers = [
        compare_before_after(
            (60, 10_000), (1 + k, 1_000 + found.exposure_needed * 1.000001), criterion=0.5
        ).answer
        for k in further
    ]
    assert np.mean([answer == "effective" for answer in answers]) > 0.8 - 3 * math.sqrt(0.16 / 4_000)


@pytest.mark.parametrize(("ratio", "wrong"), [(0.5, "effective"), (0.5, "not effective"), (1.0, "effective")])
def test_wrong_answers_are_as_rare_as_they_claim(ratio: float, wrong: str) -> None:
    rng = np.random.default_rng(17)
    repeats = 4_000
    before, after = rng.poisson(25, repeats), rng.poisson(25 * 2 * ratio, repeats)
    answers = [
        compare_before_after((int(a), 1_000.0), (int(b), 2_000.0), criterion=0.5).answer
        for a, b in zip(before, after, strict=True)
    ]
    assert np.mean([answer == wrong for answer in answers]) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / repeats)


def test_young_parts_are_not_taken_for_a_fix_that_works() -> None:
    # Nothing was changed; the parts after are young, and the counts alone would say that the rate fell by half.
    rng = np.random.default_rng(3)
    before, after = lives(rng, 100, 2.5, (20, 120), 300), lives(rng, 100, 2.5, (5, 60), 300)
    counts = compare_before_after(
        (before.counts.failures, before.exposure), (after.counts.failures, after.exposure), criterion=0.8
    )
    by_age = compare_before_after(before, after, criterion=0.8)
    assert counts.answer == "effective"
    assert by_age.answer != "effective"
    assert by_age.lower is not None
    assert by_age.lower < 1.0 < by_age.upper  # type: ignore[operator]


def test_the_ratio_of_hazards_is_recovered_from_lives() -> None:
    rng = np.random.default_rng(4)
    before, after = lives(rng, 100, 2.0, (50, 150), 4_000), lives(rng, 200, 2.0, (50, 150), 4_000)
    found = compare_before_after(before, after, criterion=0.5)
    assert found.ratio == pytest.approx(0.25, rel=0.1)
    assert found.shape == pytest.approx(2.0, rel=0.03)
    assert found.answer == "effective"
    assert found.shape_p_value is not None
    assert found.shape_p_value > 0.01


def test_lives_and_counts_agree_where_nothing_ages() -> None:
    rng = np.random.default_rng(9)
    before, after = lives(rng, 100, 1.0, (50, 150), 3_000), lives(rng, 200, 1.0, (50, 150), 3_000)
    by_age = compare_before_after(before, after, criterion=0.6)
    counts = compare_before_after(
        (before.counts.failures, before.exposure), (after.counts.failures, after.exposure), criterion=0.6
    )
    assert by_age.ratio == pytest.approx(counts.ratio, rel=0.05)
    assert by_age.upper == pytest.approx(counts.upper, rel=0.05)


def test_different_shapes_are_told() -> None:
    rng = np.random.default_rng(6)
    found = compare_before_after(
        lives(rng, 100, 3.0, (50, 150), 500), lives(rng, 150, 0.8, (50, 150), 500), criterion=0.5
    )
    assert found.shape_p_value is not None
    assert found.shape_p_value < 1e-6
    assert "compare both fits" in found.warnings[0]


def test_lives_without_a_failure_after_still_give_an_upper_bound() -> None:
    before = LifeData([10, 20, 30, 40, 50], [1, 1, 1, 0, 0])
    found = compare_before_after(before, LifeData([30.0] * 40, [0] * 40), criterion=0.5)
    assert (found.ratio, found.lower) == (0.0, None)
    assert found.upper is not None
    assert 0 < found.upper < 0.5
    assert found.answer == "effective"


@given(st.floats(1e-6, 1e9), st.integers(0, 60), st.integers(0, 60))
def test_the_answer_does_not_depend_on_the_unit(scale: float, n1: int, n2: int) -> None:
    plain = compare_before_after((n1, 3.0), (n2, 2.0), criterion=0.5)
    scaled = compare_before_after((n1, 3.0 * scale), (n2, 2.0 * scale), criterion=0.5)
    assert plain.answer == scaled.answer
    assert scaled.upper == (None if plain.upper is None else pytest.approx(plain.upper))


@given(st.floats(1e-6, 1e6))
def test_lives_do_not_depend_on_the_unit(scale: float) -> None:
    before, after = ([10, 20, 30, 40], [1, 1, 0, 1]), ([15, 35, 45, 60], [0, 1, 0, 0])
    plain = compare_before_after(LifeData(*before), LifeData(*after), criterion=0.5)
    scaled = compare_before_after(
        *(LifeData(np.array(t) * scale, e) for t, e in (before, after)), criterion=0.5
    )
    assert scaled.ratio == pytest.approx(plain.ratio, rel=1e-5)
    assert scaled.upper == pytest.approx(plain.upper, rel=1e-5)


def test_results_come_back_from_json() -> None:
    found = compare_before_after((40, 10_000), (4, 6_000), criterion=0.5, unit="km")
    again = Result.from_json(found.to_json())
    assert isinstance(again, BeforeAfter)
    assert again == found


@pytest.mark.parametrize(
    ("before", "after", "settings", "message"),
    [
        ((1.5, 10), (0, 10), {}, "failures before must be a whole number"),
        ((1, 10), (-1, 10), {}, "failures after"),
        ((1, 0), (0, 10), {}, "exposure before"),
        ((1, 10), (0, math.inf), {}, "exposure after"),
        ((1, 10), 7, {}, "after must be"),
        ((1, 10), (0, 10), {"criterion": 0.0}, "criterion"),
        ((1, 10), (0, 10), {"expected_ratio": 0.5}, "expected ratio"),
        ((1, 10), (0, 10), {"power": 1.0}, "power"),
        ((1, 10), (0, 10), {"confidence": 90}, "confidence"),
        ((1, 10), LifeData([1], [1]), {}, "both periods"),
        (LifeData([1], [1], unit="km"), LifeData([1], [1]), {}, "in km"),
        (LifeData([5], [2]), LifeData([1], [1]), {}, "before, row 0"),
    ],
)
def test_refuses_what_cannot_be_compared(
    before: object, after: object, settings: dict[str, float], message: str
) -> None:
    with pytest.raises(InvalidData, match=message):
        compare_before_after(before, after, **{"criterion": 0.5} | settings)  # type: ignore[arg-type]


def test_refuses_lives_with_hardly_a_failure() -> None:
    with pytest.raises(NotEnoughFailures):
        compare_before_after(LifeData([5], [1]), LifeData([5], [0]), criterion=0.5)
