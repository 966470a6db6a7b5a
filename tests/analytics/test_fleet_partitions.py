from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics import InvalidData, fit_fleet


def fleet(rng: np.random.Generator, parts: int) -> pd.DataFrame:
    part = np.repeat(np.arange(parts), rng.integers(1, 20, parts))
    life, end = 300.0 * rng.weibull(1.6, part.size), rng.uniform(50.0, 500.0, part.size)
    label = np.char.add("P", np.char.zfill(part.astype(str), 4)).astype(object)
    return pd.DataFrame(
        {"part": label, "time": np.minimum(life, end), "event": (life <= end).astype(int), "note": "x"}
    )


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=False, dashboard_address=":0", protocol="inproc://"
        ) as cluster,
        distributed.Client(cluster) as made,
    ):
        yield made


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one, other, check_exact=True, check_index_type=False)


def test_parquet_gives_the_same_bits_however_it_is_cut(rng: np.random.Generator, tmp_path: Path) -> None:
    table = fleet(rng, 300)
    whole = fit_fleet(table, by="part")
    # Row groups that cut through parts, so that some must be put together again.
    table.to_parquet(tmp_path / "one.parquet", row_group_size=97)
    same(fit_fleet(tmp_path / "one.parquet", by="part"), whole)
    same(fit_fleet(str(tmp_path / "one.parquet"), by="part", workers=2), whole)
    folder = tmp_path / "many"
    folder.mkdir()
    for k, cut in enumerate(np.array_split(np.arange(len(table)), 7)):
        table.iloc[cut].to_parquet(folder / f"{k}.parquet")
    same(fit_fleet(folder, by="part"), whole)


def test_the_part_may_be_the_name_of_a_folder(rng: np.random.Generator, tmp_path: Path) -> None:
    table = fleet(rng, 12)
    table.to_parquet(tmp_path, partition_cols=["part"])
    same(fit_fleet(tmp_path, by="part"), fit_fleet(table, by="part"))


def test_a_cluster_gives_the_same_bits(rng: np.random.Generator, tmp_path: Path, client: Any) -> None:
    from dask import dataframe

    table = fleet(rng, 300)
    whole = fit_fleet(table, by="part")
    same(fit_fleet(table, by="part", client=client), whole)
    table.to_parquet(tmp_path / "fleet.parquet", row_group_size=97)
    same(fit_fleet(tmp_path / "fleet.parquet", by="part", client=client), whole)
    lazy = dataframe.from_pandas(table, npartitions=5, sort=False)
    same(fit_fleet(lazy, by="part", client=client), whole)
    same(
        fit_fleet(lazy.partitions[[3, 1, 4, 0, 2]], by="part", client=client).loc[whole.index[:3]],
        whole.iloc[:3],
    )
    same(fit_fleet(lazy, by="part"), whole)


def test_processes_that_hold_the_partitions_give_the_same_bits(rng: np.random.Generator) -> None:
    distributed = pytest.importorskip("distributed")
    from dask import dataframe

    table = fleet(rng, 6)
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        distributed.Client(cluster) as client,
    ):
        held = client.persist(dataframe.from_pandas(table, npartitions=4, sort=False))
        distributed.wait(held)
        for bounds in ("wald", "likelihood_ratio", "calibrated"):
            found = fit_fleet(held, by="part", bounds=bounds, client=client)
            same(found, fit_fleet(table, by="part", bounds=bounds))


def test_bad_rows_are_named_with_their_partition(rng: np.random.Generator, tmp_path: Path) -> None:
    table = fleet(rng, 40)
    table.loc[130, "time"] = -1.0
    table.to_parquet(tmp_path / "fleet.parquet", row_group_size=100)
    with pytest.raises(InvalidData, match="partition 1: row 30: time is negative") as refused:
        fit_fleet(tmp_path / "fleet.parquet", by="part")
    assert refused.value.rows == (30,)


def test_what_is_no_fleet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "words.parquet").write_text("no Parquet")
    pd.DataFrame({"part": [1]}).to_parquet(tmp_path / "short.parquet")
    for data, message in (
        (tmp_path / "absent.parquet", "cannot be read"),
        (tmp_path / "words.parquet", "cannot be read"),
        (tmp_path / "short.parquet", "lacks 'time', 'event'"),
        ([1, 2, 3], "not list"),
    ):
        with pytest.raises(InvalidData, match=message):
            fit_fleet(data, by="part")


def test_the_part_may_be_what_pandas_had_as_index(rng: np.random.Generator, tmp_path: Path) -> None:
    table = fleet(rng, 40)
    table.set_index("part").to_parquet(tmp_path / "indexed.parquet", row_group_size=97)
    same(fit_fleet(tmp_path / "indexed.parquet", by="part"), fit_fleet(table, by="part"))


def test_partitions_without_a_record_are_refused(rng: np.random.Generator, tmp_path: Path) -> None:
    frame = pytest.importorskip("dask.dataframe")
    nothing = fleet(rng, 5).iloc[:0]
    nothing.to_parquet(tmp_path / "empty.parquet")
    for data in (tmp_path / "empty.parquet", frame.from_pandas(nothing, npartitions=1)):
        with pytest.raises(InvalidData, match="at least one record"):
            fit_fleet(data, by="part")


@pytest.mark.parametrize("kind", [">i4", ">f8", "float16"])
@pytest.mark.parametrize("by", ["part", ["site", "part"]])
def test_labels_that_pandas_cannot_look_up_may_lie_in_several_partitions(
    kind: str, by: str | list[str]
) -> None:
    dataframe, delayed = pytest.importorskip("dask.dataframe"), pytest.importorskip("dask.delayed")
    part = pd.Series(np.array([2, 1, 2, 1], dtype=kind))
    table = pd.DataFrame({"site": "a", "part": part, "time": [5.0, 9, 4, 7], "event": 1})
    scattered = dataframe.from_delayed([delayed.delayed(table)] * 2, meta=table, verify_meta=False)
    found, doubled = fit_fleet(scattered, by=by), fit_fleet(table.assign(count=2), by=by)
    assert found["records"].tolist() == [4, 4]
    np.testing.assert_allclose(found["eta"], doubled["eta"], rtol=1e-12)
