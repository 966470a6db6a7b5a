import numpy as np
import pandas as pd
import pytest

from analytics import LifeData, fit_fleet
from analytics.batch import CHUNK_RECORDS
from analytics.fleet_tables import each_in_threads, life_data


def fleet(rng: np.random.Generator, parts: int, size: int = 12, late: bool = True) -> pd.DataFrame:
    """Ragged parts of odd shapes and scales; some have one failure or none."""
    lengths = rng.integers(1, 2 * size, parts)
    part = np.repeat(np.arange(parts), lengths)
    shape, scale = rng.uniform(0.7, 4.0, parts)[part], (10.0 ** rng.integers(-6, 10, parts))[part]
    life, end = rng.weibull(1.0, part.size) ** (1.0 / shape) + 1e-3, rng.uniform(0.1, 1.5, part.size)
    time = np.minimum(life, end)
    entry = np.where(rng.random(part.size) < 0.3, 0.8 * time * rng.random(part.size), 0.0) * late
    event, count = (life <= end).astype(int), rng.integers(1, 4, part.size)
    return pd.DataFrame(
        {"part": part, "time": time * scale, "event": event, "entry": entry * scale, "count": count}
    )


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one, other, check_exact=True, check_index_type=False)


def test_the_bits_do_not_depend_on_workers_order_or_neighbours(rng: np.random.Generator) -> None:
    table = fleet(rng, 40_000)
    assert len(table) > CHUNK_RECORDS
    whole = fit_fleet(table, by="part")
    same(fit_fleet(table, by="part", workers=3), whole)
    some = table[table["part"] % 7 == 3]
    same(fit_fleet(some, by="part"), whole[whole.index % 7 == 3])
    shuffled = pd.concat([rows for _, rows in table[table["part"] < 500].groupby("part")][::-1])
    same(fit_fleet(shuffled, by="part"), whole[whole.index < 500])
    data = LifeData(
        table["time"], table["event"], entry=table["entry"], count=table["count"], group=table["part"]
    )
    same(fit_fleet(data), whole)


def test_a_neighbour_with_counts_entries_or_age_zero_changes_no_bit(rng: np.random.Generator) -> None:
    plain = fleet(rng, 30, late=False).assign(count=1)
    alone = fit_fleet(plain.drop(columns=["entry", "count"]), by="part")
    odd = pd.DataFrame(
        {"part": 99, "time": [5.0, 8.0, 0.0], "event": [1, 1, 0], "entry": [1.0, 0, 0], "count": [2, 1, 1]}
    )
    same(fit_fleet(pd.concat([plain, odd]), by="part").drop(index=99), alone)


def test_parts_may_be_named_by_several_columns() -> None:
    table = pd.DataFrame({"site": list("aabb"), "part": [1, 1, 2, 2], "time": [5.0, 9, 4, 7], "event": 1})
    fits = fit_fleet(table.iloc[::-1], by=["site", "part"])
    assert fits.index.tolist() == [("a", 1), ("b", 2)]
    assert fits.index.names == ["site", "part"]


@pytest.mark.parametrize("workers", [None, 1, 3])
def test_results_come_in_the_order_of_the_pieces(workers: int | None) -> None:
    assert list(each_in_threads(lambda x: x * x, range(20), workers)) == [x * x for x in range(20)]


def test_a_table_gives_the_columns_that_life_data_know() -> None:
    table = pd.DataFrame(
        {"part": [1, 1], "time": [5.0, 9], "event": [1, 0], "entry": [0.0, 2.0], "planned_exit": 9.0}
    )
    data = life_data(table, ["part"])
    assert data.exposure == 12.0
    assert data.planned_exit is not None
