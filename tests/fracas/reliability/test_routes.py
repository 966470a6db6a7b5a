"""The pages of figures."""

from __future__ import annotations

import csv
import html
import io
import re
from typing import Any

import pytest
from flask import Flask

from fracas.actions.models import Action, ActionType, Criterion
from fracas.catalog.models import FailureCode
from fracas.core.jobs import Worker
from fracas.problems.models import Problem
from fracas.reliability import buying, estimates, planning, routes
from tests.factories.fleet import Fleet, day
from tests.fracas.reliability.conftest import Client

AS_OF = "2022-09-27"


def page(client_of: Client, path: str, **query: Any) -> str:
    answer = client_of().get(f"/reliability{path}", query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.text


def words(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<script.*?</script>|<[^>]+>", " ", text, flags=re.S))


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def test_the_index_leads_to_every_figure(client_of: Client) -> None:
    text = page(client_of, "/")
    assert "VALVE-1" in text
    assert "/reliability/part-type?part_type=VALVE-1" in text
    assert "No part type fits" in page(client_of, "/", text="moon")


def asked_later(text: str) -> list[str]:
    """The addresses of the parts that a page asks for when it is there."""
    return [html.unescape(one) for one in re.findall(r'hx-get="([^"]+)" hx-trigger="load"', text)]


def test_a_part_types_life(client_of: Client) -> None:
    text = page(client_of, "/part-type", part_type="VALVE-1", as_of=AS_OF, by="mode")
    shown = words(text)
    assert "5 failures" in shown
    assert "as of 2022-09-28" in shown
    assert "unscored: 5" in shown
    assert "/reliability/lives?failures=1" in text
    plots, groups = (client_of().get(address).text for address in asked_later(text))
    assert text.count('<figure class="chart"') == 0
    assert plots.count('<figure class="chart"') == 3
    assert "Weibull probability plot: 5 failures" in plots
    assert "Fits by group" in words(groups)
    assert "LEAK" in words(groups)
    assert len(asked_later(plots)) == len(asked_later(groups)) == 1  # each part no more asks for itself


def test_the_parts_asked_for_later_rest_on_the_fit_of_the_first(client_of: Client) -> None:
    client = client_of()
    estimates._fit.cache_clear()
    text = client.get("/reliability/part-type?part_type=VALVE-1").text
    for address in asked_later(text):
        assert 'id="plots"' in client.get(address).text
    assert (estimates._fit.cache_info().misses, estimates._fit.cache_info().hits) == (1, 1)


def test_the_page_shows_what_the_api_says(client_of: Client) -> None:
    client = client_of()
    query = {"part_type": "VALVE-1", "as_of": AS_OF, "confidence": "0.8"}
    eta = client.get("/api/v1/reliability/weibull", query_string=query).get_json()["eta"]["estimate"]
    assert f"{float(f'{eta:.3g}'):,.0f} d" in words(
        client.get("/reliability/part-type", query_string=query).text
    )


def test_page_and_api_choose_the_same_metric(client_of: Client, shown_fleet: Fleet) -> None:
    shown_fleet.part_type.primary_metric = shown_fleet.hours
    shown_fleet.session.commit()
    client, query = client_of(), {"part_type": "VALVE-1", "as_of": AS_OF}
    for figure in ("life-data", "reliability/weibull", "reliability/mtbf"):
        assert client.get(f"/api/v1/{figure}", query_string=query).get_json()["unit"] == "h"
    assert client.get("/api/v1/spares", query_string=query).get_json()["metric"] == "hours"
    assert client.get("/api/v1/reliability/mcf", query_string=query).get_json()["metric"] == "calendar"
    for path in ("/part-type", "/spares"):
        assert re.search(r'<option value="hours" selected>', page(client_of, path, **query))
    assert '<option value="calendar" selected>' in page(client_of, "/fleet", **query)
    assert rows(page(client_of, "/life-data.csv", **query))[1][-2:] == ["hours", "h"]


def test_before_and_after_an_action(client_of: Client, shown_fleet: Fleet) -> None:
    problem = shown_fleet.add(
        shown_fleet.own(Problem, number="PR-1", title="Seal", part_type_id=shown_fleet.part_type.id)
    )
    facts = {
        "number": "CA-1",
        "title": "New seal",
        "action_type": ActionType.CORRECTIVE,
        "problem_id": problem.id,
    }
    shown_fleet.add(shown_fleet.own(Action, effective_from_serial="B0", **facts))
    shown_fleet.session.commit()
    shown = words(
        page(client_of, "/part-type", part_type="VALVE-1", as_of=AS_OF, action="CA-1", part="groups")
    )
    assert "CA-1 New seal" in shown
    assert "before CA-1" in shown
    assert "after CA-1" in shown


def test_the_effect_of_an_action_is_told_as_a_person_says_it(client_of: Client, shown_fleet: Fleet) -> None:
    problem = shown_fleet.own(Problem, number="PR-1", title="Seal", part_type_id=shown_fleet.part_type.id)
    facts = {"number": "CA-1", "title": "New seal", "problem_id": shown_fleet.add(problem).id}
    action = shown_fleet.own(
        Action, action_type=ActionType.CORRECTIVE, effective_from_serial="B0", completed_at=day(400), **facts
    )
    about = {"action_id": shown_fleet.add(action).id, "statement": "half", "occurred_at": day(0)}
    shown_fleet.add(shown_fleet.own(Criterion, largest_rate_ratio=0.5, **about))
    shown_fleet.session.commit()
    shown = words(client_of().get("/actions/CA-1").text)
    # Five failed before and none since: no ratio, but a bound on it; "100 % fewer" would be a claim.
    assert re.search(
        r"Failures at the same ages: at least \d[\d.]* % fewer one-sided, 90 % confidence", shown
    )
    assert re.search(r"\(at most 0.5 counts as success\): at most 0\.\d+", shown)
    shown_fleet.fail("B0", 900, system="S0")
    shown_fleet.session.commit()
    shown = words(client_of().get("/actions/CA-1").text)
    # The interval goes from where the change is least to where it is most, or from fewer to more.
    assert re.search(
        r": [\d.]+ % fewer 90 %: ([\d.]+ % fewer – [\d.]+ % fewer|[\d.]+ % fewer – [\d.]+ % more)", shown
    )


@pytest.mark.parametrize(
    ("ratio", "told"),
    [
        (0.0689, "93.1 % fewer"),
        (0.112, "89 % fewer"),
        (0.0004, "99.96 % fewer"),
        (1.0, "0 % fewer"),
        (1.25, "25 % more"),
        (3.456, "246 % more"),
    ],
)
def test_a_ratio_of_rates_in_words(app: Flask, ratio: float, told: str) -> None:
    with app.test_request_context():
        assert routes.change(ratio) == told


def test_too_few_failures_show_a_bound_and_why(client_of: Client) -> None:
    shown = words(page(client_of, "/part-type", part_type="VALVE-1", as_of=AS_OF, scoring="counted"))
    assert "at least" in shown
    assert "No Weibull fit" in shown


def test_empty_inputs_ask_for_nothing(client_of: Client) -> None:
    empty = {"site": "", "known_at": "", "by": "", "mode": ""}
    assert "5 failures" in words(page(client_of, "/part-type", part_type="VALVE-1", as_of=AS_OF, **empty))


def test_the_records_behind_open_the_reports(client_of: Client) -> None:
    text = page(client_of, "/lives", part_type="VALVE-1", as_of=AS_OF, failures="1")
    assert text.count("/failures/FR-0000") == 5
    assert "still running" not in text
    assert 'data-label="Mode">LEAK ' in text  # with its name: a code alone tells few
    everything = page(client_of, "/lives", part_type="VALVE-1", as_of=AS_OF)
    assert words(everything).count("still running") == 8
    assert "Further rows" not in everything


def test_many_records_come_a_hundred_at_a_time(client_of: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "ROWS", 9)
    asked = {"part_type": "VALVE-1", "as_of": AS_OF}
    text = page(client_of, "/lives", **asked)
    assert "Rows 1 to 9 of 13" in words(text)
    assert "first=9" in text
    rest = page(client_of, "/lives", first="9", **asked)
    assert "Rows 10 to 13 of 13" in words(rest)
    assert "Further rows" not in rest
    assert len(re.findall(r'data-label="Serial"', text)) + len(re.findall(r'data-label="Serial"', rest)) == 13
    assert "Rows 1 to 9" in words(page(client_of, "/lives", first="-4", **asked))


def test_the_recurrence_of_a_part_type_stands_beside_its_other_figures(client_of: Client) -> None:
    assert "Figures of this part type" in page(client_of, "/fleet", part_type="VALVE-1", as_of=AS_OF)
    fleet = page(client_of, "/fleet", as_of=AS_OF)
    assert "Figures of this part type" not in fleet
    assert "Figures of the fleet" in fleet


@pytest.mark.parametrize(
    ("path", "query", "lines"),
    [
        ("/life-data.csv", {"part_type": "VALVE-1"}, 14),
        ("/fleet.csv", {}, 6),
        ("/curve.csv", {"part_type": "VALVE-1"}, 6),
    ],
)
def test_downloads(client_of: Client, path: str, query: dict[str, str], lines: int) -> None:
    found = rows(page(client_of, path, as_of=AS_OF, **query))
    assert len(found) == lines
    assert len({len(row) for row in found}) == 1


def test_demand_by_the_month(client_of: Client) -> None:
    found = rows(page(client_of, "/demand.csv", part_type="VALVE-1", as_of=AS_OF))
    assert sum(int(row[1]) for row in found[1:]) == 5
    assert (found[0][0], found[1][0], found[-1][0]) == ("month", "2020-01", "2022-09")


def test_the_fleets_page_names_who_is_at_risk(client_of: Client) -> None:
    text = page(client_of, "/fleet", as_of=AS_OF)
    shown = words(text)
    assert "At risk: Systems in service or in a stated window: 8." in shown
    assert "days since commissioning" in shown
    assert "24 h" in shown
    assert "only_kind=LEAK" in text
    assert text.count('<figure class="chart"') == 1


def test_where_no_mode_is_coded_symptoms_are_told_apart(client_of: Client, shown_fleet: Fleet) -> None:
    symptom = shown_fleet.add(shown_fleet.own(FailureCode, kind="symptom", code="0022", name="Doors"))
    other = shown_fleet.add_part_type("DOOR-1")
    shown_fleet.add_position("D1", other)
    shown_fleet.fail(None, 500, system="S7", part_type=other, symptom_code_id=symptom.id)
    shown_fleet.session.commit()
    text = page(client_of, "/fleet", as_of=AS_OF, part_type="DOOR-1")
    assert "only_kind=0022" in text
    assert ">0022 Doors<" in text


def test_a_fleet_without_failures_has_no_curve(client_of: Client) -> None:
    assert "Nothing has failed" in page(client_of, "/fleet", as_of="2020-02-01")


def test_spares(client_of: Client) -> None:
    text = page(client_of, "/spares", part_type="VALVE-1", as_of=AS_OF)
    assert re.search(r'id="stock">\d+<', text)
    assert "SPARE" in text
    assert text.count('<figure class="chart"') == 3


def test_a_number_asked_for_is_shown_as_it_was_written(client_of: Client, shown_fleet: Fleet) -> None:
    shown_fleet.part_type.is_repairable = True
    shown_fleet.part_type.repaired_share = 0.8
    shown_fleet.session.commit()
    text = page(
        client_of, "/spares", part_type="VALVE-1", as_of=AS_OF, turn_around_days="35", lead_time_days="7.5"
    )
    assert 'value="35"' in text
    assert 'value="7.5"' in text
    assert "what is still out" in text
    assert 'placeholder="0.8"' in text
    assert "80 % of the failed parts are back from repair after 35 days" in text


def test_what_hardly_goes_unmet_is_no_power_of_ten(client_of: Client) -> None:
    text = page(client_of, "/spares", part_type="VALVE-1", as_of=AS_OF, lead_time_days="0.01")
    assert "fewer than 0.001 demands" in words(text)


def test_no_lead_time_is_asked_for_on_the_page(client_of: Client, shown_fleet: Fleet) -> None:
    shown_fleet.part_type.lead_time_days = None
    shown_fleet.session.commit()
    assert "has no lead time" in page(client_of, "/spares", part_type="VALVE-1")


def test_an_unknown_part_type_is_not_found(client_of: Client) -> None:
    assert client_of().get("/reliability/part-type?part_type=NOPE").status_code == 404


@pytest.mark.parametrize("path", ["/", "/part-type", "/lives", "/fleet", "/spares", "/life-data.csv"])
def test_figures_are_for_the_office(client_of: Client, path: str) -> None:
    answer = client_of("field_engineer").get(f"/reliability{path}", query_string={"part_type": "VALVE-1"})
    assert answer.status_code == 403


def compute(client_of: Client, **query: Any) -> None:
    """Press the button, and let a worker do what waits."""
    asked = client_of().post("/reliability/spares-plan", query_string=query)
    assert asked.status_code == 303
    sessions = client_of().application.extensions["fracas.sessions"]["write"]
    assert Worker(sessions, {planning.STEP: planning.step}).run_waiting()


def test_the_plan_is_computed_behind_the_page(client_of: Client) -> None:
    before = page(client_of, "/spares-plan", as_of=AS_OF)
    assert "It has not been computed with these settings yet" in before
    assert 'hx-trigger="load"' in before  # the page asks by itself
    assert client_of().get("/reliability/spares-plan.csv").status_code == 404
    address = "/reliability/spares-plan"
    assert client_of().post(address, query_string={"as_of": AS_OF}).status_code == 303
    waiting = page(client_of, "/spares-plan", as_of=AS_OF)
    assert "Waiting for a worker" in waiting
    assert 'hx-trigger="every 2s"' in waiting
    assert 'hx-trigger="load"' not in waiting
    compute(client_of, as_of=AS_OF)
    after = page(client_of, "/spares-plan", as_of=AS_OF)
    assert "To order: " in words(after)
    assert "As of 2022-09-28 00:00" in words(after)
    assert "hx-trigger" not in after
    assert "has not been computed" in page(client_of, "/spares-plan", as_of=AS_OF, service_level="0.8")


def test_a_row_of_the_plan_leads_to_the_page_with_the_same_numbers(client_of: Client) -> None:
    asked = {"as_of": AS_OF, "service_level": "0.9", "lead_time_days": "400", "confidence": "0.8"}
    compute(client_of, **asked)
    text = page(client_of, "/spares-plan", **asked)
    link = html.unescape(re.search(r'href="(/reliability/spares\?[^"]+)"', text)[1])  # type: ignore[index]
    single = client_of().get(link)
    assert single.status_code == 200
    held = re.search(r'id="stock">(\d+)<', single.text)
    hold = re.search(r'data-label="Hold">(\d+)<', text)
    assert held is not None
    assert hold is not None
    assert hold[1] == held[1]
    demand = re.search(r'data-label="Demand expected">([\d.]+)<br>.*?>([^<]+)</small>', text)
    assert demand is not None
    assert f"{demand[1]} {demand[2]}" in words(single.text)


def test_stale_data_are_computed_anew_by_the_page_once(client_of: Client, shown_fleet: Fleet) -> None:
    compute(client_of, as_of=AS_OF)
    shown_fleet.fail("A5", 900, system="S5")
    shown_fleet.session.commit()
    text = page(client_of, "/spares-plan", as_of=AS_OF)
    assert "Data have changed since" in text
    assert 'hx-trigger="load"' in text
    assert "To order: " in words(text)
    # What comes into the page when it is there asks no more, or entry by entry it would never end.
    swapped = client_of().get(f"/reliability/spares-plan?as_of={AS_OF}", headers={"HX-Request": "true"})
    assert 'hx-trigger="load"' not in swapped.text


def test_stopping(client_of: Client) -> None:
    client = client_of()
    assert client.post("/reliability/spares-plan").status_code == 303
    assert client.post("/reliability/spares-plan", data={"cancel": "1"}).status_code == 303
    assert "has not been computed" in page(client_of, "/spares-plan")


def test_the_plan_as_a_table(client_of: Client) -> None:
    compute(client_of, as_of=AS_OF)
    head, *found = rows(page(client_of, "/spares-plan.csv", as_of=AS_OF))
    assert tuple(head) == buying.COLUMNS
    told = dict(zip(head, found[0], strict=True))
    assert (told["part_type"], told["installed"], told["failures"], told["on_hand"]) == (
        "VALVE-1",
        "8",
        "5",
        "1",
    )
    assert (told["distribution"], told["unit"], told["as_of"][:10]) == ("weibull", "d", "2022-09-28")


def test_the_plan_asks_for_what_can_be(client_of: Client) -> None:
    for wrong in ({"service_level": "2"}, {"as_of": "2999-01-01"}, {"site": "moon"}, {"metric": "moon"}):
        for client in (client_of().get, client_of().post):
            assert client("/reliability/spares-plan", query_string=wrong).status_code in (404, 422)
    assert client_of("service_station").get("/reliability/spares-plan").status_code == 403
    assert client_of("service_station").post("/reliability/spares-plan").status_code == 403
