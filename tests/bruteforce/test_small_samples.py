"""Is a fit to a small sample ever silently wrong? Two programs in use are, by up to 164 % in beta.

A few hundred samples here, 20,000 by ``make bruteforce``.
"""

from __future__ import annotations

import math
import sys
from collections import Counter

import pytest

from analytics import (
    LifeData,
    NoFiniteMaximum,
    NotConverged,
    NotEnoughFailures,
    fit_distribution,
    fit_weibull,
)
from tests.bruteforce.small_samples import Best, best, draw

QUICK, THOROUGH = 400, 20_000


def verdict(data: LifeData, fitter: object) -> str:
    """What the fit says; raises where looking everywhere says otherwise."""
    try:
        fit = fitter(data)  # type: ignore[operator]
    except NotEnoughFailures:
        assert data.counts.failures < 2
        return "not enough failures"
    except NoFiniteMaximum:
        assert_no_maximum(data, best(data))
        return "no finite maximum"
    except NotConverged:
        return "not converged"
    found = best(data)
    assert fit.loglik >= found.value - 1e-6 * (1.0 + abs(found.value)), (
        f"a better fit exists: beta {math.exp(found.log_beta):.6g} at {found.value:.9g}, not {fit.beta:.6g} at {fit.loglik:.9g}"
    )
    assert found.is_peak, f"fitted beta {fit.beta:.6g} at {fit.loglik:.9g}, though the best lies at the edge"
    # The same height, and at a strict maximum the same place.
    assert math.log(fit.beta) == pytest.approx(found.log_beta, abs=2e-3)
    return "ok"


def assert_no_maximum(data: LifeData, found: Best) -> None:
    assert not found.is_believable, (
        f"refused, though there is a maximum inside: beta {math.exp(found.log_beta):.6g} at {found.value:.9g}"
    )


def study(samples: range, fitter: object) -> tuple[Counter[str], list[str]]:
    verdicts: Counter[str] = Counter()
    wrong = []
    for seed in samples:
        try:
            verdicts[verdict(draw(seed), fitter)] += 1
        except AssertionError as error:
            wrong.append(f"sample {seed}: {str(error).splitlines()[0]}")
    return verdicts, wrong


@pytest.mark.parametrize(
    "fitter",
    [fit_weibull, lambda data: fit_distribution(data, "weibull")],
    ids=["fit_weibull", "fit_distribution"],
)
def test_no_small_sample_is_silently_wrong(fitter: object) -> None:
    verdicts, wrong = study(range(QUICK), fitter)
    assert wrong == []
    assert verdicts["not converged"] <= 0.01 * QUICK
    assert verdicts["ok"] > 0.5 * QUICK


@pytest.mark.slow
@pytest.mark.parametrize("part", range(20))
def test_twenty_thousand_small_samples(part: int) -> None:
    share = THOROUGH // 20
    verdicts, wrong = study(range(part * share, (part + 1) * share), fit_weibull)
    sys.stdout.write(f"\nsamples from {part * share}: {dict(verdicts)}, wrong: {len(wrong)}\n")
    assert wrong == []
