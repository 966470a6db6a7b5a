import numpy as np
import pytest

from analytics import (
    InvalidData,
    LifeData,
    WrongType,
    fit_distribution,
    fit_exponential,
    fit_limited_failure_population,
    fit_mixture,
    fit_weibull,
)
from analytics.families import FAMILIES
from analytics.figures import distribution_paper, likelihood_contour

NUMBERS = [54, 187, 216, 240, 244, 335, 361, 373, 375, 386]


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_has_its_paper(nist: LifeData, name: str) -> None:
    drawn = distribution_paper(fit_distribution(nist, name), nist)
    assert name.replace("_", " ") in drawn.layout.meta["alt"]
    assert "10 failures" in drawn.layout.meta["alt"]
    assert drawn.layout.xaxis.title.text == "Age (h)"
    # Band (two edges), line, points, suspensions.
    assert len(drawn.data) == 5
    assert drawn.data[3].x.tolist() == NUMBERS


@pytest.mark.parametrize("name", ["weibull", "lognormal", "loglogistic", "normal", "gumbel", "exponential"])
def test_on_its_own_paper_the_fit_is_a_straight_line(nist: LifeData, name: str) -> None:
    fit = fit_distribution(nist, name)
    line = distribution_paper(fit, nist).data[2]
    x = np.log(line.x) if fit.family.is_of_age else np.asarray(line.x)
    slope = np.diff(line.y) / np.diff(x)
    assert slope == pytest.approx(np.full(slope.size, slope[0]), rel=1e-6)


def test_inspections_stand_open_at_their_place() -> None:
    data = LifeData(
        [50.0, 80.0, 90.0, 120.0, 150.0, 60.0],
        [2, 1, 1, 3, 0, 0],
        upper=[np.nan] * 3 + [140.0] + [np.nan] * 2,
    )
    points = distribution_paper(fit_distribution(data, "lognormal"), data).data[3]
    assert points.marker.symbol == "circle-open"
    assert points.x.tolist() == [25.0, 80.0, 90.0, 130.0]


def test_a_failure_free_time_and_a_mixture_bend() -> None:
    ages = [140.0, 155, 170, 182, 190, 201, 215, 226, 240, 251, 268, 285, 300, 322, 350]
    data = LifeData(ages, 1)
    fit = fit_distribution(data, "weibull", location="estimate")
    line = distribution_paper(fit, data).data[2]
    assert line.x[0] > fit.gamma
    both = LifeData([2, 5, 9, 14, 20, 28, 41, 310, 402, 455, 498, 530, 571, 604, 660, 702, 765], 1)
    assert "p1" in distribution_paper(fit_mixture(both), both).layout.meta["alt"]


def test_the_contour_is_the_likelihood_ratio_region(nist: LifeData) -> None:
    fit = fit_distribution(nist, "weibull")
    drawn = likelihood_contour(fit, confidence=0.9)
    region = drawn.data[0]
    # Half the chi-square quantile of 2 degrees of freedom is -log(1 - confidence).
    assert region.contours.start == pytest.approx(-np.log(0.1))
    assert region.z.min() == pytest.approx(0.0, abs=1e-9)
    assert (drawn.layout.xaxis.title.text, drawn.layout.yaxis.title.text) == ("eta (h)", "beta")
    low, high = drawn.layout.xaxis.range
    inside = np.array(region.x)[(np.array(region.z) <= region.contours.start).any(axis=0)]
    assert low < inside.min() < inside.max() < high < 2 * inside.max()
    turned = likelihood_contour(fit, "beta", "eta")
    assert turned.data[0].z == pytest.approx(region.z.T)
    # The same by the other door to a Weibull fit.
    assert likelihood_contour(fit_weibull(nist)).data[0].z == pytest.approx(region.z, abs=1e-6)


def test_refusals(nist: LifeData) -> None:
    fit = fit_distribution(nist, "weibull")
    with pytest.raises(InvalidData, match="fingerprints differ"):
        distribution_paper(fit, LifeData([1.0, 2.0], 1))
    with pytest.raises(InvalidData, match="two parameters"):
        likelihood_contour(fit_distribution(nist, "exponential"))
    with pytest.raises(InvalidData, match="with_data"):
        likelihood_contour(type(fit).from_json(fit.to_json()))
    whole = fit_weibull(nist)
    with pytest.raises(InvalidData, match="with_data"):
        likelihood_contour(type(whole).from_json(whole.to_json()))
    with pytest.raises(InvalidData, match="no maximum of the likelihood"):
        likelihood_contour(fit_weibull(nist, method="rrx"))
    with pytest.raises(InvalidData, match="unknown figure labels"):
        distribution_paper(fit, nist, labels={"x": "y"})


def test_a_population_of_which_few_can_fail_fills_its_paper() -> None:
    data = LifeData([2, 5, 9, 14, 22, 40, 65, 110, 300], [1] * 8 + [0], count=[1] * 8 + [2992])
    drawn = distribution_paper(fit_limited_failure_population(data), data)
    assert drawn.layout.yaxis.range[1] < np.log(-np.log1p(-0.1))


def test_paper_takes_what_fit_weibull_gives(nist: LifeData) -> None:
    drawn = distribution_paper(fit_weibull(nist, bounds="likelihood_ratio"), nist)
    same = distribution_paper(fit_distribution(nist, "weibull", bounds="likelihood_ratio"), nist)
    assert drawn.layout == same.layout
    for one, other in zip(drawn.data, same.data, strict=True):
        assert np.asarray(one.y) == pytest.approx(np.asarray(other.y), rel=1e-6)


def test_paper_says_what_it_cannot_draw(nist: LifeData) -> None:
    with pytest.raises(InvalidData, match='fit with method="mle"'):
        distribution_paper(fit_weibull(nist, method="rry"), nist)
    with pytest.raises(WrongType, match="fit_distribution or fit_weibull, not a ExponentialFit"):
        distribution_paper(fit_exponential(nist), nist)  # type: ignore[arg-type]
    with pytest.raises(InvalidData, match="fingerprints differ"):
        distribution_paper(fit_weibull(nist), LifeData([1, 2], 1))
