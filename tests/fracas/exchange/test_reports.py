"""What is told of an import, and the file of refused rows."""

from __future__ import annotations

import io

from python_calamine import CalamineWorkbook

from fracas.core.errors import Finding
from fracas.exchange.reports import (
    BadRow,
    Outcome,
    Report,
    reason,
    rejected_csv,
    rejected_workbook,
)
from fracas.exchange.tables import Row, Table

TABLE = Table(("code", "text", "import_reason"), [Row(2, ("0022", "=cmd", "old"))], delimiter=";")
FINDINGS = (
    Finding("“%(value)s” is not a number.", field="value", value="many", params={"value": "many"}),
    Finding("This is needed.", field="symptom"),
    Finding("There is no such system.", field="system", value="S9"),
)


def report(**facts: object) -> Report:
    made = Report("failures", "f.csv", 3, headers={"system": "BUS"}, **facts)  # type: ignore[arg-type]
    made.bad = [BadRow(2, ("0022", "=cmd", "old"), FINDINGS)]
    return made


def test_a_reason_names_column_and_value() -> None:
    told = reason(report().bad[0], report().headers)
    assert (
        told
        == "value: “many” is not a number. | symptom: This is needed. | BUS “S9”: There is no such system."
    )


def test_the_refused_rows_keep_their_columns_and_delimiter() -> None:
    text = rejected_csv(TABLE, report()).decode("utf-8-sig")
    assert text.splitlines()[0] == "code;text;import_line;import_reason"
    assert text.splitlines()[1].startswith("0022;'=cmd;2;value:")


def test_the_refused_rows_of_a_workbook_are_a_workbook() -> None:
    content = rejected_workbook(TABLE, report())
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert rows[0] == ["code", "text", "import_line", "import_reason"]
    assert rows[1][:3] == ["0022", "=cmd", 2.0]


def test_the_summary_counts_every_row() -> None:
    made = report(repeated=1)
    made.outcomes[Outcome.NEW] = 1
    assert str(made.summary()) == "3 rows: 1 new, 0 changed, 0 already here, 1 repeated, 1 refused."


def test_the_verdict() -> None:
    assert "trial" in str(report(is_trial=True).verdict())
    assert "Nothing was written" in str(report().verdict())
    assert "good rows" in str(report(is_written=True).verdict())


def test_what_was_made_and_what_differs_is_listed() -> None:
    made = report(created={"system": ["S8", "S9"]}, differing=["FR-1 (symptom)"], windows=2)
    told = " ".join(str(note) for note in made.closing_notes())
    assert all(word in told for word in ("S8, S9", "FR-1 (symptom)", "window: 2."))
