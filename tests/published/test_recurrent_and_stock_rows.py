"""Every published number on recurrent events and stock, row by row from the reference folder.

What the library does not do yet is named here, so that no row is lost from sight.
"""

from pathlib import Path

import pytest

from tests.published import recurrent_quantities, spares_quantities
from tests.published.growth_quantities import growth_quantity
from tests.published.test_life_rows import RECURRENT_AND_STOCK, ROWS, tolerance

pytestmark = pytest.mark.reference_data

METHODS = recurrent_quantities.METHODS | spares_quantities.METHODS

# Datasets whose rows are all about methods still to come: replacement.
DATASETS_NOT_YET = {
    "age_replacement_w1000_2.5",
}

RECURRENT_ROWS = [row for row in ROWS if row["dataset"] in RECURRENT_AND_STOCK - DATASETS_NOT_YET]


@pytest.mark.parametrize(
    "row", RECURRENT_ROWS or [None], ids=lambda row: f"{row['dataset']}-{row['quantity']}" if row else "none"
)
def test_published_number(row: dict[str, str] | None, reference_data: Path) -> None:
    assert row is not None
    quantity = METHODS.get(row["method"]) or growth_quantity(row["dataset"], row["method"])
    assert quantity, f"no way to {row['dataset']}, {row['method']}; write one or name it in DATASETS_NOT_YET"
    found = quantity(reference_data / "published" / f"{row['dataset']}.csv", row["quantity"])
    assert found == pytest.approx(float(row["published_value"]), abs=tolerance(row), rel=0)


def test_lists_of_rows_left_out_name_only_rows_that_exist(reference_data: Path) -> None:
    assert DATASETS_NOT_YET - {row["dataset"] for row in ROWS} == set()
    assert len(RECURRENT_ROWS) >= 150
