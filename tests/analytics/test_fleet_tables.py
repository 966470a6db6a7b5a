from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics import InvalidData, LifeData, fit_fleet, fleet_tables
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


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_labels_of_every_type_make_the_same_parts(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if backend == "numpy":
        monkeypatch.setattr(fleet_tables, "compiled", lambda: None)
    number = np.repeat([1, 2, 4, 7], [3, 9, 4, 30])
    time = np.linspace(5.0, 99.0, number.size)
    expected = fit_fleet(LifeData(time, np.ones(number.size), group=number))
    for labels in (
        number,
        number.astype(np.int32),
        number.astype(np.uint64),
        number / 8.0,
        np.repeat(number, 2)[::2],
        np.datetime64("2024-01-01") + number,
        number.astype(str),
        number.astype(str).astype(object),
    ):
        for order in (slice(None), slice(None, None, -1)):
            table = pd.DataFrame({"part": labels, "time": time, "event": 1}).iloc[order]
            found = fit_fleet(table, by="part")
            assert found.index.tolist() == sorted(pd.unique(pd.Series(labels)).tolist())
            np.testing.assert_allclose(found["eta"].to_numpy(), expected["eta"].to_numpy(), rtol=1e-12)
    # Of two zeros the bits differ and the label does not.
    zeros = pd.DataFrame({"part": [0.0, -0.0, 0.0, 1.0], "time": [5.0, 9, 4, 7], "event": 1})
    assert fit_fleet(zeros, by="part")["records"].tolist() == [3, 1]


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


def test_a_neighbour_with_inexact_ages_changes_no_bit(rng: np.random.Generator) -> None:
    table = fleet(rng, 8, size=3_000)
    inexact = pd.DataFrame(
        {
            "part": 99,
            "time": [5.0, 8.0, 2.0],
            "event": [3, 1, 2],
            "entry": 0.0,
            "count": 1,
            "upper": [7.0, 0, 0],
        }
    )
    same(fit_fleet(pd.concat([table, inexact]), by="part").drop(index=99), fit_fleet(table, by="part"))


@pytest.mark.parametrize("kind", [">i8", ">i4", ">f8", "float16"])
def test_labels_that_pandas_cannot_look_up_are_made_such(kind: str) -> None:
    for labels in ([1, 1, 2, 2], [2, 2, 1, 1]):
        fits = fit_fleet(LifeData([5.0, 9, 4, 7], 1, group=np.array(labels, dtype=kind)))
        assert (fits.index.tolist(), fits["records"].tolist()) == ([1, 2], [2, 2])
        part = pd.Series(np.array(labels, dtype=kind))
        table = pd.DataFrame({"site": "a", "part": part, "time": [5.0, 9, 4, 7], "event": 1})
        fits = fit_fleet(table, by=["site", "part"])
        assert (fits.index.tolist(), fits["records"].tolist()) == ([("a", 1), ("a", 2)], [2, 2])


@pytest.mark.parametrize("ordered", [True, False])
def test_categories_keep_their_order(ordered: bool, tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"size": ["large", "small", "mid"] * 4, "site": "a", "time": np.arange(1.0, 13.0), "event": 1}
    )
    sizes = pd.CategoricalDtype(["small", "none", "mid", "large"], ordered=ordered)
    table["size"] = table["size"].astype(sizes)
    table.to_parquet(tmp_path / "fleet.parquet", row_group_size=4)
    for data in (table, tmp_path / "fleet.parquet"):
        assert fit_fleet(data, by="size").index.tolist() == ["small", "mid", "large"]
        several = fit_fleet(data, by=["site", "size"])
        assert several.index.get_level_values("size").tolist() == ["small", "mid", "large"]
        same(fit_fleet(data, by="size"), several.droplevel("site"))
    # As plain labels they come in the order of the alphabet.
    assert fit_fleet(table.astype({"size": str}), by="size").index.tolist() == ["large", "mid", "small"]


@pytest.mark.parametrize("kind", ["string", "Int64", "boolean", "category", "object", "float"])
@pytest.mark.parametrize("by", ["part", ["part", "site"]])
def test_rows_without_a_label_are_named_whatever_its_type(kind: str, by: str | list[str]) -> None:
    values = ["a", "a", None, "b"] if kind in ("string", "category") else [1, 1, None, 0]
    part = pd.Series([1, 1, pd.NA, 0] if kind == "object" else values, dtype=kind)  # type: ignore[call-overload]
    table = pd.DataFrame({"part": part, "site": "x", "time": [5.0, 9, 4, 7], "event": 1})
    with pytest.raises(InvalidData, match="without a label") as refused:
        fit_fleet(table, by=by)
    assert refused.value.rows == (2,)


def test_labels_without_an_order_are_refused() -> None:
    for labels in (
        [1j, 2j, 3j],
        [pd.Timestamp("2024"), pd.Timestamp("2024", tz="UTC"), pd.Timestamp("2025")],
    ):
        table = pd.DataFrame({"part": pd.Series(labels, dtype=object), "time": [5.0, 9, 4], "event": 1})
        with pytest.raises(InvalidData, match="no order"):
            fit_fleet(LifeData(table["time"], 1, group=table["part"].to_numpy()))
        with pytest.raises(InvalidData, match="no order"):
            fit_fleet(table.assign(site="a"), by=["site", "part"])


def test_names_of_columns_may_be_those_of_the_index_and_not_twice() -> None:
    table = pd.DataFrame({"site": list("aabb"), "part": [1, 1, 2, 2], "time": [5.0, 9, 4, 7], "event": 1})
    named = table.set_axis(pd.Index(range(4), name="part"))
    same(fit_fleet(named, by=["site", "part"]), fit_fleet(table, by=["site", "part"]))
    with pytest.raises(InvalidData, match="two columns of one name"):
        fit_fleet(pd.concat([table, table["part"]], axis=1), by="part")
    with pytest.raises(InvalidData, match="twice"):
        fit_fleet(table, by=["part", "part"])
