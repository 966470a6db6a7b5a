"""How long an estimate takes, as a ratio against another program's on the same data: ``make bench``.

Ratios, because seconds say more about the machine than about the program. A ratio is printed, never judged; what is
judged is that both give the same answer, without which the ratio would mean nothing.
"""

from __future__ import annotations

import sys
import timeit
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

import analytics

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # the peers' warnings are theirs
]

SIZES = [100, 10_000, 100_000]


def lives(size: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Ages and failed-or-not of a fleet seen until a staggered end: about a third fails."""
    rng = np.random.default_rng(20_170_401)
    life = 4_000 * rng.weibull(1.8, size)
    seen = rng.uniform(500, 5_000, size)
    return np.minimum(life, seen), life <= seen


def seconds(work: Callable[[], Any]) -> float:
    """The best of five: what the work needs when nothing else disturbs it."""
    work()
    return min(timeit.repeat(work, number=1, repeat=5))


def report(what: str, ours: Callable[[], Any], peer: str, theirs: Callable[[], Any]) -> None:
    own, other = seconds(ours), seconds(theirs)
    sys.stdout.write(
        f"\n{what}: {own * 1e3:.3g} ms; {peer} {other * 1e3:.3g} ms; {other / own:.2g} times as fast"
    )


@pytest.mark.parametrize("size", SIZES)
def test_weibull_against_lifelines(size: int) -> None:
    from lifelines import WeibullFitter

    age, failed = lives(size)
    data = analytics.LifeData(age, failed.astype(int))
    own, peer = analytics.fit_weibull(data), WeibullFitter().fit(age, failed)
    assert (own.eta, own.beta) == pytest.approx((peer.lambda_, peer.rho_), rel=1e-4)
    report(
        f"fit_weibull, {size:,} lives",
        lambda: analytics.fit_weibull(analytics.LifeData(age, failed.astype(int))),
        "lifelines",
        lambda: WeibullFitter().fit(age, failed),
    )


@pytest.mark.parametrize("size", SIZES[:2])
def test_weibull_against_scipy(size: int) -> None:
    age, failed = lives(size)
    censored = stats.CensoredData(uncensored=age[failed], right=age[~failed])
    own, peer = (
        analytics.fit_weibull(analytics.LifeData(age, failed.astype(int))),
        stats.weibull_min.fit(censored, floc=0),
    )
    assert (own.beta, own.eta) == pytest.approx((peer[0], peer[2]), rel=1e-3)
    report(
        f"fit_weibull, {size:,} lives",
        lambda: analytics.fit_weibull(analytics.LifeData(age, failed.astype(int))),
        "scipy",
        lambda: stats.weibull_min.fit(censored, floc=0),
    )
