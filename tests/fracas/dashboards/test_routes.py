"""The pages that cross rooms, through a browser's eyes."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from fracas.assets import workflow as register
from fracas.core import clock
from fracas.core.jobs import Worker
from fracas.reliability import planning
from tests.factories.assets import day
from tests.factories.loop import COMPLETION
from tests.factories.service import Service, make_service

PERIOD = "period=all"


@pytest.fixture(scope="module")
def service(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Three failures at two sites, one problem, one serial that was swapped."""
    made = make_service(sqlite_template, tmp_path_factory.mktemp("dashboards"))
    with made.told() as loop:
        for serial in ("S1", "S2"):
            register.observe(loop.session, loop.actor, serial, start=day(0), end=day(365))
        first = loop.report(part="V1", occurred_at=day(100), symptom="drips <b>fast</b>")
        swap = {"maintenance_kind": "replace", "part_out": "V1", "part_in": "V2", "swapped_at": day(101)}
        loop.complete(first, **{**COMPLETION, **swap})
        loop.report(occurred_at=day(110))
        loop.report(system="S2", occurred_at=day(111))
        loop.problem(failures=[first])
    yield made
    made.close()


def table(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def tile(page: str, words: str) -> tuple[str, str]:
    """(number, link) of a tile."""
    found = re.search(
        rf'tile" href="([^"]+)"><div class="card-body py-2">\s*<div class="h3[^"]*">(\d+)</div><div[^>]*>{words}</div>',
        page,
    )
    assert found is not None, words
    return found.group(2), found.group(1).replace("&amp;", "&")


def test_the_work_list_is_the_first_page(service: Service) -> None:
    page = service.visitor("quality").get("/").text
    assert "FR-" in page
    assert "Report a failure" in page


def test_whom_nothing_waits_for_is_led_to_the_dashboard(service: Service) -> None:
    main = service.visitor("manager").get("/").text.partition("<main")[2]
    assert "Nothing waits for you." in main
    assert 'href="/dashboard"' in main
    assert (
        "Failures ·</span> Link to a problem"
        in service.visitor("quality").get("/work/failure/link_failure").text
    )


def test_a_group_of_the_work_list_can_be_seen_whole(service: Service) -> None:
    station = service.visitor("service_station")
    assert len(set(re.findall(r"FR-\d+-\d+", station.get("/work/failure/complete").text))) >= 1
    assert station.get("/work/failure/close").status_code == 404


def test_the_dashboard_is_not_for_one_sites_roles(service: Service) -> None:
    assert service.visitor("field_engineer").get("/dashboard").status_code == 403
    assert service.visitor("manager").get("/dashboard").status_code == 200


def test_a_tile_opens_as_many_records_as_it_says(service: Service) -> None:
    manager = service.visitor("manager")
    for words, rooms in (
        ("failures in the period", "FR-"),
        ("reports open", "FR-"),
        ("problems open", "PR-"),
    ):
        number, link = tile(manager.get(f"/dashboard?{PERIOD}").text, words)
        listed = manager.get(link)
        assert listed.status_code == 200
        assert len(set(re.findall(rf"{rooms}\d+-\d+", listed.text))) == int(number), words


def test_the_filter_narrows_and_can_be_shared(service: Service) -> None:
    manager = service.visitor("manager")
    assert tile(manager.get(f"/dashboard?{PERIOD}&site=YARD").text, "failures in the period")[0] == "1"
    assert tile(manager.get("/dashboard?period=90").text, "failures in the period")[0] == "0"


def test_a_fleet_whose_last_failure_is_long_ago_is_not_shown_as_zeros(service: Service) -> None:
    manager = service.visitor("manager")
    page = manager.get("/dashboard").text
    assert tile(page, "failures in the period")[0] == "3"
    assert '<option value="all" selected>' in page
    assert "No failure was reported in this period." in manager.get("/dashboard?period=365").text


def test_what_is_open_is_open_whenever_it_happened(service: Service) -> None:
    number, link = tile(service.visitor("manager").get("/dashboard?period=90").text, "reports open")
    assert (number, "since" in link) == ("3", False)


def test_codes_are_told_apart_by_what_the_feed_has(service: Service) -> None:
    """Nothing is verified yet, so no mode is coded; the one completed report has a symptom code."""
    rows = table(service.visitor("manager").get(f"/dashboard/pareto.csv?{PERIOD}").text)
    assert [row[2] for row in rows[1:]] == ["2", "1"]
    assert (
        rows[1:]
        == table(service.visitor("manager").get(f"/dashboard/pareto.csv?{PERIOD}&by=symptom").text)[1:]
    )


def test_the_trend_can_be_downloaded(service: Service) -> None:
    manager = service.visitor("manager")
    assert "/dashboard/mtbf.csv?" in manager.get(f"/dashboard?{PERIOD}").text
    rows = table(manager.get(f"/dashboard/mtbf.csv?{PERIOD}").text)
    assert rows[0] == "quarter estimate lower upper confidence side unit failures exposure as_of".split()
    assert [row[0] for row in rows[1:]] == ["2023-Q1", "2023-Q2", "2023-Q3", "2023-Q4"]
    assert sum(int(row[7]) for row in rows[1:]) == 3
    assert sum(float(row[8]) for row in rows[1:]) == pytest.approx(2 * 365)
    assert {row[9][:10] for row in rows[1:]} == {f"{clock.now():%Y-%m-%d}"}


@pytest.mark.parametrize(
    "query", ["period=x", "period=99999999999999999", "by=colour", "site=NOWHERE", "part_type=X"]
)
def test_an_address_that_means_nothing_is_refused(service: Service, query: str) -> None:
    assert service.visitor("manager").get(f"/dashboard?{query}").status_code in (404, 422)


@pytest.mark.parametrize("query", ["what=x", "_external=1&_scheme=javascript", "_anchor=x", "_method=POST"])
def test_an_address_cannot_steer_the_links_of_the_page(service: Service, query: str) -> None:
    answer = service.visitor("manager").get(f"/dashboard?{PERIOD}&{query}")
    assert answer.status_code == 200
    assert "javascript:" not in answer.text
    assert 'href="http' not in answer.text


@pytest.mark.parametrize("by", ["mode", "part_type", "symptom", "system", "site"])
def test_the_pareto_can_be_downloaded_as_it_is_shown(service: Service, by: str) -> None:
    manager = service.visitor("manager")
    assert manager.get(f"/dashboard?{PERIOD}&by={by}&measure=delay_minutes").status_code == 200
    rows = table(manager.get(f"/dashboard/pareto.csv?{PERIOD}&by={by}").text)
    assert rows[0] == ["code", "name", "failures", "delay_minutes"]
    assert sum(int(row[2]) for row in rows[1:]) == 3


def test_the_other_downloads(service: Service) -> None:
    manager = service.visitor("manager")
    worst = table(manager.get(f"/dashboard/systems.csv?{PERIOD}").text)
    assert [(row[0], row[2]) for row in worst[1:]] == [("S1", "2"), ("S2", "1")]
    stages = table(manager.get(f"/dashboard/open.csv?{PERIOD}").text)
    assert {(row[0], row[1], row[6]) for row in stages[1:]} == {
        ("failure", "reported", "2"), ("failure", "completed", "1"), ("problem", "open", "1")
    }  # fmt: skip
    assert manager.get("/dashboard/secrets.csv").status_code == 404
    rises = table(manager.get(f"/dashboard/rising.csv?{PERIOD}").text)
    assert rises[0] == "kind alarm since until failures expected ratio ratio_lower confidence as_of".split()
    assert {(row[8], row[9][:10]) for row in rises[1:]} == {("0.9", f"{clock.now():%Y-%m-%d}")}
    assert sum(int(row[4]) for row in rises[1:]) <= 3
    text = manager.get(f"/dashboard?{PERIOD}").text
    assert ("What is getting worse" in text) is (len(rises) > 1)


def test_what_to_buy_is_told_once_it_is_computed(service: Service) -> None:
    manager = service.visitor("manager")
    assert "What must we buy: spares to hold" in manager.get("/dashboard").text
    assert manager.post("/reliability/spares-plan").status_code == 303
    Worker(service.app.extensions["fracas.sessions"]["write"], {planning.STEP: planning.step}).run_waiting()
    told = manager.get("/dashboard").text
    # The only part type has no lead time: nothing can be said, which is not that nothing is to be ordered.
    assert "1 part type has no number; its row says why." in told
    assert "nothing is to be ordered" not in told
    assert f'as of <span class="text-nowrap">{clock.now():%Y-%m-%d}' in told
    # It is not of one part type or model, nor of one site, for which it has not been computed.
    for chosen in ("site=YARD", "part_type=VALVE-1", "system_model=TRAM"):
        assert "has no number" not in manager.get(f"/dashboard?{chosen}").text
    assert "What must we buy" not in service.visitor("customer").get("/dashboard").text


def part_id(service: Service, serial: str) -> str:
    from fracas.assets.queries import part

    with service.told() as loop:
        return str(part(loop.session, loop.actor, serial).id)


def test_the_whole_life_of_a_serial(service: Service) -> None:
    page = service.visitor("quality").get(f"/serials/{part_id(service, 'V1')}")
    assert page.status_code == 200
    assert "drips &lt;b&gt;fast&lt;/b&gt;" in page.text
    assert 'href="/failures/FR-' in page.text
    assert 'href="/problems/PR-' in page.text


def test_a_life_can_be_downloaded(service: Service) -> None:
    rows = table(service.visitor("quality").get(f"/serials/{part_id(service, 'V1')}.csv").text)
    assert rows[0] == ["at_utc", "event", "record", "code", "detail"]
    assert {"installed", "failed", "removed"} <= {row[1] for row in rows[1:]}


def test_a_serial_that_is_not_there_or_not_theirs(service: Service) -> None:
    assert service.visitor("quality").get("/serials/NONE").status_code == 404
    assert service.visitor("customer").get(f"/serials/{part_id(service, 'V1')}").status_code == 404
