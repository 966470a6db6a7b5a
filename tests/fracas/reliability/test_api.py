"""Life data and figures over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from fracas.core.jobs import Worker
from fracas.reliability import planning
from tests.fracas.reliability.conftest import Client

AS_OF = "2022-09-27"  # the end of day 1000
QUANTITY = {
    "estimate", "lower", "upper", "confidence", "side", "unit", "failures", "exposure",
    "exposure_estimated_share", "exposure_unit", "as_of", "method", "warnings",
}  # fmt: skip


def get(client_of: Client, path: str, **query: Any) -> Any:
    answer = client_of().get(f"/api/v1{path}", query_string={"as_of": AS_OF, **query})
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def test_life_data_have_survivors_counts_and_no_nan(client_of: Client) -> None:
    answer = get(client_of, "/life-data", part_type="VALVE-1", metric="hours")
    assert (answer["unit"], answer["counts"]["failures"], len(answer["rows"])) == ("h", 5, 13)
    first = answer["rows"][0]
    assert (first["serial"], first["event"], first["lower"], first["failure_number"]) == (
        "A0",
        1,
        None,
        "FR-00001",
    )
    assert first["started_at"].startswith("2020-01-01T00:00:00")
    assert sum(row["exposure"] for row in answer["rows"]) == pytest.approx(answer["exposure"])


def test_weibull_whole_and_by_lot(client_of: Client) -> None:
    answer = get(client_of, "/reliability/weibull", part_type="VALVE-1", by="lot")
    assert set(answer["eta"]) == QUANTITY
    assert answer["eta"]["lower"] < answer["eta"]["estimate"] < answer["eta"]["upper"]
    # The replacements carry no lot.
    assert [one["group"] for one in answer["groups"]] == ["L0", "L1", None]
    assert answer["groups"][2]["eta"]["estimate"] is None
    assert answer["groups"][2]["refusal"]


def test_weibull_of_one_mode(client_of: Client) -> None:
    assert get(client_of, "/reliability/weibull", part_type="VALVE-1", mode="LEAK")["eta"]["failures"] == 4


def test_mtbf_of_a_type_of_systems_and_of_repair(client_of: Client) -> None:
    found = get(client_of, "/reliability/mtbf", part_type="VALVE-1", confidence=0.8)
    assert set(found) == QUANTITY
    # Eight places for 1001 days, less one day between each failure and its removal.
    assert (found["failures"], found["exposure"]) == (5, pytest.approx(8 * 1001 - 5))
    assert found["confidence"] == 0.8
    systems = get(client_of, "/reliability/mtbf")
    assert (systems["failures"], systems["exposure"]) == (5, pytest.approx(8 * 1001))
    assert systems["warnings"][0] == "Systems in service or in a stated window: 8."
    assert get(client_of, "/reliability/mttr")["estimate"] == pytest.approx(24)
    assert get(client_of, "/reliability/availability")["estimate"] == pytest.approx(
        1 - 24 / (24 * 8 * 1001 / 5), abs=1e-3
    )


def test_recurrence(client_of: Client) -> None:
    answer = get(client_of, "/reliability/mcf", part_type="VALVE-1")
    assert answer["points"]["estimate"] == pytest.approx([i / 8 for i in range(1, 6)])
    assert (answer["systems"], answer["origin"], answer["counts"]["unscored"]) == (8, "commissioning", 5)
    assert get(client_of, "/reliability/mcf", only_kind="STUCK")["mean_failures"]["failures"] == 1


def test_demand_and_spares(client_of: Client) -> None:
    assert sum(get(client_of, "/reliability/demand", part_type="VALVE-1")["demand"]) == 5
    answer = get(client_of, "/spares", part_type="VALVE-1", service_level=0.9)
    # What came out for a failure is unfit for use until somebody says otherwise.
    assert (answer["installed"], answer["on_hand"], answer["lead_time_days"]) == (8, 1, 60)
    assert answer["achieved"] >= 0.9
    assert answer["turn_around_days"] is None
    repaired = get(client_of, "/spares", part_type="VALVE-1", turn_around_days=20, repaired_share=0.5)
    assert (repaired["turn_around_days"], repaired["repaired_share"]) == (20, 0.5)
    assert set(answer["demand"]) == QUANTITY
    assert answer["demand"]["estimate"] > 0


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("/life-data", {}, "part_type"),
        ("/life-data", {"part_type": "NOPE"}, "part_type"),
        ("/life-data", {"part_type": "VALVE-1", "metric": "furlongs"}, "metric"),
        ("/life-data", {"part_type": "VALVE-1", "as_of": "soon"}, "as_of"),
        ("/life-data", {"part_type": "VALVE-1", "as_of": "2020-01-01T10:00"}, "as_of"),
        ("/life-data", {"part_type": "VALVE-1", "as_of": "2999-01-01"}, "as_of"),
        ("/life-data", {"part_type": "VALVE-1", "scoring": "generous"}, "scoring"),
        ("/life-data", {"part_type": "VALVE-1", "moon": "full"}, "moon"),
        ("/life-data", {"part_type": "VALVE-1", "site": "NOWHERE"}, "sites"),
        ("/reliability/weibull", {"part_type": "VALVE-1", "confidence": "90"}, "confidence"),
        ("/reliability/weibull", {"part_type": "VALVE-1", "by": "action"}, "action"),
        ("/reliability/mcf", {"kind": "colour"}, "kind"),
        ("/reliability/mtbf", {"system_model": "TRAM"}, "system_model"),
        ("/spares", {"part_type": "VALVE-1", "service_level": "1"}, "service_level"),
        ("/spares", {"part_type": "VALVE-1", "lead_time_days": "-3"}, "lead_time_days"),
    ],
)
def test_what_is_wrong_is_said_by_field(
    client_of: Client, path: str, query: dict[str, str], field: str
) -> None:
    answer = client_of().get(f"/api/v1{path}", query_string=query)
    assert answer.status_code == 422
    assert answer.content_type.startswith("application/problem+json")
    assert [one["field"] for one in answer.get_json()["errors"]] == [field]


def test_scoring_and_knowledge_change_the_answer(client_of: Client) -> None:
    path, query = "/reliability/mtbf", {"part_type": "VALVE-1"}
    assert get(client_of, path, **query, scoring="counted")["estimate"] is None
    early = client_of().get(
        f"/api/v1{path}", query_string={**query, "as_of": "2021-03-01T00:00:00+08:00", "known_at": AS_OF}
    )
    assert early.get_json()["failures"] == 1


@pytest.mark.parametrize("role", ["field_engineer", "service_station"])
def test_figures_are_for_the_office(client_of: Client, role: str) -> None:
    assert client_of(role).get("/api/v1/life-data", query_string={"part_type": "VALVE-1"}).status_code == 403


def test_every_endpoint_is_documented(client_of: Client) -> None:
    paths = client_of().get("/api/v1/openapi.json").get_json()["paths"]
    wanted = ["life-data", "reliability/weibull", "reliability/mtbf", "reliability/mcf", "spares"]
    for one in wanted:
        names = [parameter["name"] for parameter in paths[f"/api/v1/{one}"]["get"]["parameters"]]
        assert {"part_type", "metric", "as_of", "scoring"} <= set(names)


PLAN = "/api/v1/reliability/spares-plan"


def test_the_plan_of_the_fleet_says_what_the_part_type_says(client_of: Client) -> None:
    """The very numbers, to the last digit: of the same moment and the same settings."""
    client = client_of()
    for asked in (
        {},
        {"service_level": 0.8, "lead_time_days": 300, "turn_around_days": 90, "repaired_share": 0.5},
    ):
        query = {"as_of": AS_OF, "confidence": 0.8, **asked}
        before = client.get(PLAN, query_string=query).get_json()
        assert (before["rows"], before["is_current"], before["is_computing"]) == (None, False, False)
        begun = client.post(PLAN, query_string=query)
        assert (begun.status_code, begun.get_json()["is_computing"]) == (202, True)
        Worker(
            client.application.extensions["fracas.sessions"]["write"], {planning.STEP: planning.step}
        ).run_waiting()
        plan = client.get(PLAN, query_string=query).get_json()
        assert (plan["is_current"], plan["is_computing"], len(plan["rows"])) == (True, False, 1)
        row = plan["rows"][0]
        single = client.get(
            "/api/v1/spares", query_string={"part_type": row["part_type"], **query}
        ).get_json()
        assert plan["as_of"] == single["as_of"].replace("+00:00", "Z")
        shared = set(row) & set(single) - {"demand"}
        assert {name: row[name] for name in shared} == {name: single[name] for name in shared}
        assert {
            "stock",
            "to_order",
            "achieved",
            "installed",
            "expected_shortage_on_hand",
            "warnings",
        } <= shared
        assert row["demand"] == {name: single["demand"][name] for name in row["demand"]}
        assert row["failures"] == single["demand"]["failures"] == 5
