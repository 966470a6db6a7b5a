"""What a spreadsheet would run is written so that it does not, and is read as it was."""

from __future__ import annotations

import pytest

from fracas.core.spreadsheets import as_meant, harmless


@pytest.mark.parametrize(
    "text", ["=1+1", "+1+1", "-a", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1+", "－a", "＠x"]
)
def test_a_formula_is_made_harmless_and_read_as_it_was(text: str) -> None:
    assert harmless(text) == "'" + text
    assert as_meant(harmless(text)) == text


@pytest.mark.parametrize("text", ["", "x", "-5", "+5.2", "-1e3", "'", "'x", "a=b", "制动阀"])
def test_other_text_and_numbers_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text
    assert as_meant(text) == text
