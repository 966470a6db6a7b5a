"""One report as one row."""

from __future__ import annotations

from fracas.exchange.exported_failures import failure_rows
from tests.factories.assets import day
from tests.factories.exchange import Desk

HEAD = (
    "external_id,system,occurred_at,symptom,symptom_code,usage_value,metric,"
    "reporter,CREW,state,outcome,duplicate_of,method\n"
)


def test_a_report_says_everything_under_the_names_of_an_import(desk: Desk) -> None:
    rows = "A-1,S1,2023-04-11,leaks,0022,1200,km,Wang Lei,7,closed_elsewhere,,,\n"
    rows += "A-2,S1,2023-04-11,leaks,0022,1200,km,Li Na,,closed_elsewhere,duplicate,A-1,telephone\n"
    assert desk.bring("failures", HEAD + rows, '[extra]\ncolumns = ["CREW"]').bad == []
    first, second = failure_rows(desk.session, desk.actor)
    assert first["symptom_code"] == "0022"
    assert (first["usage_value"], first["metric"], first["usage_read_at"]) == (1200, "km", day(100))
    assert (first["reporter"], first["extra.CREW"]) == ("Wang Lei", "7")
    assert (second["outcome"], second["duplicate_of"], second["method"]) == ("duplicate", "A-1", "telephone")
    assert second["number"].startswith("FR-")
    assert second["answers"] is None
