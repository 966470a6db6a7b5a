"""Every published number on recurrent events, stock and decisions, row by row from the reference folder."""

from pathlib import Path

import pytest

from tests.published import decision_quantities, recurrent_quantities, spares_quantities
from tests.published.growth_quantities import growth_quantity
from tests.published.test_life_rows import RECURRENT_AND_STOCK, ROWS, tolerance

pytestmark = pytest.mark.reference_data

METHODS = recurrent_quantities.METHODS | spares_quantities.METHODS | decision_quantities.METHODS

RECURRENT_ROWS = [row for row in ROWS if row["dataset"] in RECURRENT_AND_STOCK]


@pytest.mark.parametrize(
    "row", RECURRENT_ROWS or [None], ids=lambda row: f"{row['dataset']}-{row['quantity']}" if row else "none"
)
def test_published_number(row: dict[str, str] | None, reference_data: Path) -> None:
    assert row is not None
    quantity = METHODS.get(row["method"]) or growth_quantity(row["dataset"], row["method"])
    assert quantity, f"no way to {row['dataset']}, {row['method']}"
    found = quantity(reference_data / "published" / f"{row['dataset']}.csv", row["quantity"])
    assert found == pytest.approx(float(row["published_value"]), abs=tolerance(row), rel=0)


def test_no_row_is_lost_from_sight(reference_data: Path) -> None:
    assert len(RECURRENT_ROWS) >= 155
