"""Every published number on recurrent events and stock, row by row from the reference folder.

What the library does not do yet is named here, so that no row is lost from sight and a method that is added
cannot be forgotten.
"""

from pathlib import Path

import pytest

from tests.published import recurrent_quantities, spares_quantities
from tests.published.test_life_rows import RECURRENT_AND_STOCK, ROWS, tolerance

pytestmark = pytest.mark.reference_data

METHODS = recurrent_quantities.METHODS | spares_quantities.METHODS

# Datasets whose rows are all about methods still to come: reliability growth, trend tests.
DATASETS_NOT_YET = {
    "age_replacement_w1000_2.5",
    "ascher_halfbeak",
    "braking_grids_batch1",
    "braking_grids_batch2",
    "lee_grampus",
    "mettas_zhao_six_systems",
    "milhdbk189_46_failures",
    "milhdbk189a_test_fix_find_test",
    "nelson_cylinder",
    "reliawiki_duane_23",
    "reliawiki_helicopter_grouped",
}

# Methods still to come of datasets that are in use: power-law process, trend tests.
METHODS_NOT_YET = {
    "crow1975_tr138_three_systems": {
        "(M-1)/M",
        "A2 of t/T",
        "Bartlett-corrected LR",
        "Cramer-von Mises",
        "F ratio of conditional MLEs",
        "beta(1-1.645/sqrt M)",
        "chi2",
        "chi2 Bonferroni-type",
        "chi2(2)",
        "count",
        "exact chi2",
        "exact conditional chi2",
        "failure truncated conditional MLE",
        "power-law MLE",
        "power-law MLE failure truncated",
        "power-law NHPP MLE",
        "power-law NHPP MLE time truncated",
        "power-law cif",
        "sum",
        "trend test",
        "trend test time truncated",
        "two-sided",
    },
    "nelson_valve_seat": {"NHPP MLE", "NHPP MLE, unequal windows", "df=96", "time truncated"},
    "reliawiki_mcf_five_systems": {"power-law curve fit to MCF"},
}

RECURRENT_ROWS = [
    row
    for row in ROWS
    if row["dataset"] in RECURRENT_AND_STOCK - DATASETS_NOT_YET
    and row["method"] not in METHODS_NOT_YET.get(row["dataset"], set())
]


@pytest.mark.parametrize(
    "row", RECURRENT_ROWS or [None], ids=lambda row: f"{row['dataset']}-{row['quantity']}" if row else "none"
)
def test_published_number(row: dict[str, str] | None, reference_data: Path) -> None:
    assert row is not None
    quantity = METHODS.get(row["method"])
    assert quantity, f"no way to {row['dataset']}, {row['method']}; write one or name it in METHODS_NOT_YET"
    found = quantity(reference_data / "published" / f"{row['dataset']}.csv", row["quantity"])
    assert found == pytest.approx(float(row["published_value"]), abs=tolerance(row), rel=0)


def test_lists_of_rows_left_out_name_only_rows_that_exist(reference_data: Path) -> None:
    there = {(row["dataset"], row["method"]) for row in ROWS}
    named = {(dataset, method) for dataset, methods in METHODS_NOT_YET.items() for method in methods}
    assert named - there == set()
    assert DATASETS_NOT_YET - {row["dataset"] for row in ROWS} == set()
    assert len(RECURRENT_ROWS) >= 35
