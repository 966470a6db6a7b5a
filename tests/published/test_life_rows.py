"""Every published number on life data, row by row from the reference folder."""

import csv
import os
from pathlib import Path

import pytest

from tests.published import stress_quantities
from tests.published.life_quantities import WITHOUT_FILE, quantity_for, read_life_data

pytestmark = pytest.mark.reference_data

NOT_TARGETS = {"MISMATCH", "SOURCE_IMPRECISE"}

# Datasets whose rows are about recurrent events, stock and decisions.
RECURRENT_AND_STOCK = {
    "age_replacement_w1000_2.5",
    "ascher_halfbeak",
    "braking_grids_batch1",
    "braking_grids_batch2",
    "crow1975_tr138_three_systems",
    "lee_grampus",
    "mettas_zhao_six_systems",
    "milhdbk781a_plan_XI-D",
    "milhdbk781a_plan_XVII-D",
    "milhdbk189_46_failures",
    "milhdbk189_46_grouped",
    "milhdbk189a_test_fix_find_test",
    "nelson_cylinder",
    "nelson_valve_seat",
    "newsvendor_normal_50_8",
    "newsvendor_poisson_50",
    "reliawiki_duane_23",
    "reliawiki_helicopter_grouped",
    "reliawiki_mcf_five_systems",
    "renewal_weibull_beta1.5",
    "renewal_weibull_beta2",
    "renewal_weibull_beta3",
    "sherbrooke_metric_5bases",
    "tsintermittent_ts_data1",
    "zero_failure_0.999_95",
}


def published_rows() -> list[dict[str, str]]:
    folder = os.environ.get("FRACAS_REFERENCE_DATA")
    if not folder:
        return []
    with (Path(folder) / "published" / "published_results.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


ROWS = [row for row in published_rows() if row["status"] not in NOT_TARGETS]
LIFE_ROWS = [row for row in ROWS if row["dataset"] not in RECURRENT_AND_STOCK]


def tolerance(row: dict[str, str]) -> float:
    """Half of the last printed digit for strict rows, the stated tolerance for the others."""
    if row["strict"] != "True":
        return float(row["tolerance_abs"])
    # A hundredth more than half: a source may round its own exact half either way. A number printed to
    # all digits of a double is compared to nine.
    printed = 0.51 * 10.0 ** -int(row["decimals"])
    return max(printed, 1e-9 * abs(float(row["published_value"])))


@pytest.mark.parametrize(
    "row", LIFE_ROWS or [None], ids=lambda row: f"{row['dataset']}-{row['quantity']}" if row else "none"
)
def test_published_number(row: dict[str, str] | None, reference_data: Path) -> None:
    assert row is not None
    dataset = row["dataset"]
    quantity = stress_quantities.METHODS.get(row["method"]) or quantity_for(dataset, row["method"])
    assert quantity is not None, f"no way to {dataset}, {row['method']}"
    data = WITHOUT_FILE.get(dataset) or read_life_data(reference_data / "published" / f"{dataset}.csv")
    assert quantity(data, row["quantity"]) == pytest.approx(
        float(row["published_value"]), abs=tolerance(row), rel=0
    )


def test_lists_of_rows_left_out_name_only_rows_that_exist(reference_data: Path) -> None:
    assert {row["dataset"] for row in ROWS} >= RECURRENT_AND_STOCK - {"milhdbk189_46_grouped"}
    assert len(LIFE_ROWS) > 100
