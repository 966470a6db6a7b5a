from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics import fit_fleet, fleet_answers
from analytics.fleet_answers import Answers


def fits(labels: pd.Index, records: int = 10) -> pd.DataFrame:
    eta = np.arange(len(labels), dtype=float)
    return pd.DataFrame({"eta": eta, "records": records, "status": "ok"}, index=labels)


@pytest.fixture(params=[1, 1_000_000], ids=["often", "once"])
def waiting(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks for parts that came before at every partition, or once at the end."""
    monkeypatch.setattr(fleet_answers, "MOST_WAITING", request.param)


@pytest.mark.usefixtures("waiting")
def test_parts_of_several_partitions_are_set_aside() -> None:
    answers = Answers()
    for number, names in enumerate(["ab", "bc", "d", "be", "f"]):
        answers.add(fits(pd.Index([*names], name="part")), number)
    assert [[*labels] for labels in answers.handfuls()] == [["b"]]
    assert answers.partitions == {0, 1, 3}
    answers.add(fits(pd.Index(["b"], name="part"), records=30), -1)
    found = answers.frame()
    assert [*found.index] == [*"abcdef"]
    assert found.index.name == "part"
    assert found["records"].tolist() == [10, 30, 10, 10, 10, 10]
    assert found.columns.tolist() == ["eta", "records", "status"]


def test_a_handful_is_bounded_by_its_records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_answers, "MOST_TOGETHER", 45)
    answers = Answers()
    for number in range(2):
        answers.add(fits(pd.Index(range(10))), number)
    # Twenty records a part: 45 are overstepped by less than one part.
    handfuls = [[*labels] for labels in answers.handfuls()]
    assert [label for labels in handfuls for label in labels] == [*range(10)]
    assert {len(labels) for labels in handfuls} == {1, 2, 3}


@pytest.mark.usefixtures("waiting")
@pytest.mark.parametrize("by", [["part"], ["site", "part"]])
def test_scattered_records_give_the_same_bits(
    rng: np.random.Generator, tmp_path: Path, by: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet_answers, "MOST_TOGETHER", 300)
    table = pd.DataFrame(
        {"part": rng.integers(0, 90, 2_000), "site": rng.choice(["Harbin", "Jinan"], 2_000)}
    ).assign(time=300.0 * rng.weibull(1.6, 2_000), event=rng.integers(0, 2, 2_000))
    table.to_parquet(tmp_path / "fleet.parquet", row_group_size=170)
    found, whole = fit_fleet(tmp_path / "fleet.parquet", by=by), fit_fleet(table, by=by)
    assert (whole["status"] == "ok").any()
    pd.testing.assert_frame_equal(found, whole, check_exact=True, check_index_type=False)
