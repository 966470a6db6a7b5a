from collections import Counter, defaultdict
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from analytics import InvalidData, LifeData, fit_weibull
from analytics.renewal import renewal_function
from analytics.synthetic import Installation, PartTruth, Slot, WeibullLaw, life_data, simulate_lives

BASE = WeibullLaw(4000, 2.0)


def staggered(rng: np.random.Generator, places: int, days: float = 1095) -> list[Slot]:
    return [
        Slot(start, days, use)
        for start, use in zip(rng.uniform(0, 300, places), rng.normal(12, 1, places), strict=True)
    ]


def everything(rng: np.random.Generator) -> tuple[list[Slot], list[Installation]]:
    slots = staggered(rng, 200)
    truth = PartTruth(
        BASE,
        changed_law=WeibullLaw(9000, 2.0),
        change_day=500,
        bad_law=WeibullLaw(800, 3.0),
        bad_share=0.2,
        bad_from_day=100,
        bad_to_day=400,
        preventive_per_day=1 / 900,
        reuse_share=0.6,
        repair_days=25,
    )
    return slots, simulate_lives(slots, truth, rng=rng)


def test_every_place_holds_one_part_from_its_first_day_to_its_last(rng: np.random.Generator) -> None:
    slots, stays = everything(rng)
    by_slot: dict[int, list[Installation]] = defaultdict(list)
    for stay in stays:
        by_slot[stay.slot].append(stay)
    for index, slot in enumerate(slots):
        chain = by_slot[index]
        assert chain[0].installed_day == slot.start_day
        for earlier, later in pairwise(chain):
            assert earlier.removed_day == later.installed_day
            assert earlier.serial != later.serial
        assert (chain[-1].removed_day, chain[-1].cause) == (None, "none yet")


def test_a_part_is_in_one_place_at_a_time_and_takes_its_age_along(rng: np.random.Generator) -> None:
    slots, stays = everything(rng)
    by_serial: dict[int, list[Installation]] = defaultdict(list)
    for stay in stays:
        by_serial[stay.serial].append(stay)
    moved = repaired = 0
    for chain in by_serial.values():
        assert (chain[0].life, chain[0].age_at_install) == (0, 0.0)
        for earlier, later in pairwise(chain):
            assert earlier.removed_day is not None
            assert later.installed_day >= earlier.removed_day
            if earlier.cause == "preventive":
                moved += 1
                assert (later.life, later.age_at_install) == (earlier.life, earlier.age_at_exit)
            else:
                repaired += 1
                assert (later.life, later.age_at_install) == (earlier.life + 1, 0.0)
                assert later.installed_day >= earlier.removed_day + 25
    assert min(moved, repaired) > 10
    for stay in stays:
        end = slots[stay.slot].end_day if stay.removed_day is None else stay.removed_day
        use = (end - stay.installed_day) * slots[stay.slot].usage_per_day
        assert stay.age_at_exit - stay.age_at_install == pytest.approx(use, abs=1e-6)


def test_serials_count_up_in_order_of_first_use(rng: np.random.Generator) -> None:
    _, stays = everything(rng)
    first_seen = list(dict.fromkeys(stay.serial for stay in stays))
    assert first_seen == list(range(len(first_seen)))
    assert [stay.installed_day for stay in stays] == sorted(stay.installed_day for stay in stays)


def test_laws_hold_when_the_truth_says_so(rng: np.random.Generator) -> None:
    _, stays = everything(rng)
    fresh = [stay for stay in stays if stay.life == 0 and stay.age_at_install == 0]
    born = {stay.serial: stay for stay in fresh}
    bad = [stay.serial for stay in born.values() if stay.law == "bad"]
    in_batch = [stay for stay in born.values() if 100 <= stay.installed_day < 400]
    assert {stay.serial for stay in in_batch} >= set(bad)
    assert len(bad) / len(in_batch) == pytest.approx(0.2, abs=0.15)
    assert all(
        stay.installed_day >= 500 for stay in stays if stay.law == "changed" and stay.age_at_install == 0
    )
    assert all(stay.law != "base" for stay in fresh if stay.installed_day >= 500)
    assert all(stay.law == "bad" for stay in stays if stay.serial in set(bad))


def test_the_same_seed_plays_the_same_lives() -> None:
    one, other = (everything(np.random.default_rng(4))[1] for _ in range(2))
    assert one == other
    assert everything(np.random.default_rng(5))[1] != one


def test_recovery_by_group(rng: np.random.Generator) -> None:
    """Each law is found again, with ages that travel, survivors and preventive removals in the data."""
    truth = {"base": BASE, "changed": WeibullLaw(9000, 2.0), "bad": WeibullLaw(800, 3.0)}
    slots = staggered(rng, 1500)
    stays = simulate_lives(
        slots,
        PartTruth(
            BASE,
            truth["changed"],
            500,
            truth["bad"],
            0.2,
            preventive_per_day=1 / 900,
            reuse_share=0.6,
            repair_days=25,
        ),
        rng=rng,
    )
    for law, data in life_data(stays).by_group():
        fit = fit_weibull(data)
        for name in ("eta", "beta"):
            # 99.99 % bounds of a seeded run: a wrong age or a lost survivor moves the estimate much further.
            assert getattr(truth[law], name) in fit.interval(name, confidence=0.9999), (law, name)


def test_dropping_survivors_is_seen_by_the_recovery_test(rng: np.random.Generator) -> None:
    stays = simulate_lives(staggered(rng, 500), PartTruth(WeibullLaw(10_000, 2.0)), rng=rng)
    data = life_data(stays)
    failures_only = LifeData(data.time[data.event == 1], 1)
    assert 10_000 in fit_weibull(data).interval("eta", confidence=0.9999)
    assert fit_weibull(failures_only).eta < 8_500


def test_failures_come_at_the_renewal_rate(rng: np.random.Generator) -> None:
    slots = [Slot(0, 600, 10)] * 4000
    stays = simulate_lives(slots, PartTruth(BASE), rng=rng)
    failures = Counter(stay.cause for stay in stays)["failure"]
    expected = renewal_function(BASE, 6000)
    assert failures / 4000 == pytest.approx(expected, abs=4 * np.sqrt(expected / 4000))


def test_life_data_counts_all_exposure(rng: np.random.Generator) -> None:
    slots, stays = everything(rng)
    total = sum((slot.end_day - slot.start_day) * slot.usage_per_day for slot in slots)
    assert life_data(stays, unit="km").exposure == pytest.approx(total)
    assert life_data(stays, unit="km").unit == "km"


def test_a_law_knows_its_hazard_and_quantiles() -> None:
    assert BASE.cumulative_hazard(4000) == pytest.approx(1.0)
    assert BASE.cumulative_hazard(BASE.quantile([0.1, 0.9])) == pytest.approx(-np.log([0.9, 0.1]))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: WeibullLaw(0, 1), "positive"),
        (lambda: WeibullLaw(1, float("nan")), "positive"),
        (lambda: Slot(5, 4, 1), "slot"),
        (lambda: Slot(0, float("inf"), 1), "slot"),
        (lambda: Slot(0, 1, 0), "slot"),
        (lambda: PartTruth(BASE, bad_share=0.1), "bad_law"),
        (lambda: PartTruth(BASE, bad_law=BASE, bad_share=1.5), "shares"),
        (lambda: PartTruth(BASE, preventive_per_day=-1), "rates"),
        (lambda: PartTruth(BASE, repair_days=-1), "repair_days"),
    ],
)
def test_what_is_refused(make: Any, words: str) -> None:
    with pytest.raises(InvalidData, match=words):
        make()
