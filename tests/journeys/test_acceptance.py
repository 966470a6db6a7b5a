"""The acceptance cases through the tracker: a file, the API or a page in; the page and the API out.

Each begins with an empty database and the command line, as whoever sets a service up begins.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from analytics import LifeData, fit_weibull
from fracas.cli import main
from tests.factories.served import text_of

DAY_0 = datetime(2021, 3, 1, tzinfo=UTC)
ADMIN, ENGINEER = "ada@bench.example", "eve@bench.example"


def day(number: float) -> str:
    return (DAY_0 + timedelta(days=number)).isoformat()


class Bench:
    """An empty service, an administrator, and the three ways in."""

    def __init__(self, url: str, folder: Path, make_app: Callable[[str], Flask]) -> None:
        self.url, self.folder = url, folder
        self.cli("organisation", "create", "BENCH", "--name", "Test bench")
        self.cli("user", "create", ADMIN, "--admin")
        self.cli("user", "create", ENGINEER, "--role", "reliability_engineer", "--role", "quality")
        self.app = make_app(url)
        self.admin = self.client(ADMIN)
        self.engineer = self.client(ENGINEER)
        self.post("/sites", code="LAB", name="Laboratory", time_zone="Asia/Shanghai")
        self.post("/metrics", code="h", name="Operating hours", unit="h")
        self.post("/part-types", number="UNIT-1", name="Unit", primary_metric="h")
        self.post("/system-models", code="RIG", name="Rig")
        self.post("/positions", system_model="RIG", code="SEAT", name="Seat", part_type="UNIT-1")

    def cli(self, *command: str, code: int = 0) -> str:
        done = CliRunner().invoke(main, list(command), env={**os.environ, "FRACAS_DATABASE_URL": self.url})
        assert done.exit_code == code, done.output
        return done.output

    def client(self, email: str) -> FlaskClient:
        client = self.app.test_client()
        token = self.cli("token", "create", email, "--name", "bench").strip()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        return client

    def post(self, path: str, **facts: Any) -> Any:
        answer = self.admin.post(f"/api/v1{path}", json=facts)
        assert answer.status_code in (200, 201), answer.text
        return answer.json

    def file(self, kind: str, columns: str, rows: Iterable[Sequence[Any]]) -> Path:
        text = io.StringIO()
        csv.writer(text).writerows([columns.split(), *rows])
        path = self.folder / f"{kind}.csv"
        path.write_text(text.getvalue(), "utf-8")
        return path

    def import_(self, kind: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
        self.cli("import", kind, str(self.file(kind, columns, rows)))

    def get(self, path: str, **query: Any) -> Any:
        answer = self.engineer.get(f"/api/v1{path}", query_string=query)
        assert answer.status_code == 200, answer.text
        return answer.json

    def worked(self, began: Any) -> Any:
        """The page of an import once the worker is done."""
        assert began.status_code == 303, text_of(began)
        self.cli("jobs", "run", "--once")
        answer = self.engineer.get(began.headers["Location"])
        assert answer.status_code == 200, text_of(answer)
        return answer

    def page(self, path: str, **query: Any) -> str:
        answer = self.engineer.get(path, query_string=query)
        assert answer.status_code == 200, answer.text
        return text_of(answer)


@pytest.fixture
def bench(empty_sqlite_url: str, tmp_path: Path, make_app: Callable[[str], Flask]) -> Bench:
    return Bench(empty_sqlite_url, tmp_path, make_app)


# ------------------------------------------------------------------ case 1


def one_unit(bench: Bench, by: str) -> None:
    """One unit from day 0, observed to day 1000: by file or by API."""
    if by == "file":
        bench.import_("systems", "serial system_model site commissioned_at", [("R1", "RIG", "LAB", day(0))])
        bench.import_("parts", "serial part_type site", [("U1", "UNIT-1", "LAB")])
        columns = "part part_type system position installed_at installed_as"
        bench.import_("installations", columns, [("U1", "UNIT-1", "R1", "SEAT", day(0), "new")])
        return
    bench.post("/systems", serial="R1", system_model="RIG", site="LAB", commissioned_at=day(0))
    bench.post("/parts", serial="U1", part_type="UNIT-1", site="LAB")
    bench.post(
        "/installations", part="U1", system="R1", position="SEAT", occurred_at=day(0), installed_as="new"
    )


def two_failures(bench: Bench, by: str) -> None:
    told = {"system": "R1", "part": "U1", "symptom": "stops", "usage_not_read_reason": "calendar time only"}
    rows = [{**told, "external_id": f"E{at}", "occurred_at": day(at)} for at in (100, 300)]
    if by == "file":
        bench.import_("failures", " ".join(rows[0]), [list(row.values()) for row in rows])
        return
    for row in rows:
        answer = bench.engineer.post("/api/v1/failures", json=row)
        assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("by", ["file", "api"])
def test_500_days(bench: Bench, by: str) -> None:
    one_unit(bench, by)
    two_failures(bench, by)
    when = {"as_of": day(1000), "confidence": 0.8, "metric": "calendar"}
    for of in ({"part_type": "UNIT-1"}, {"system_model": "RIG"}, {}):
        found = bench.get("/reliability/mtbf", **of, **when)
        assert (found["estimate"], found["side"], found["unit"]) == (500.0, "two", "d"), of
        assert (round(found["lower"]), round(found["upper"])) == (188, 1880)
        assert (found["failures"], found["exposure"], found["exposure_estimated_share"]) == (2, 1000, 0)
    for path in ("/reliability/part-type", "/reliability/fleet"):
        shown = bench.page(path, part_type="UNIT-1", **when)
        assert "500 d" in shown
        assert "80 %: 188 – 1,880 d" in shown
        assert "2 failures · exposure 1,000 d" in shown


@pytest.mark.parametrize("by", ["file", "api"])
def test_without_failures_at_least(bench: Bench, by: str) -> None:
    one_unit(bench, by)
    for confidence, least in ((0.75, 721), (0.90, 434)):
        when = {"as_of": day(1000), "confidence": confidence, "metric": "calendar"}
        for of in ({"part_type": "UNIT-1"}, {"system_model": "RIG"}):
            found = bench.get("/reliability/mtbf", **of, **when)
            assert (found["estimate"], round(found["lower"]), found["upper"]) == (None, least, None), of
            assert (found["side"], found["confidence"], found["failures"]) == ("lower", confidence, 0)
        for path in ("/reliability/part-type", "/reliability/fleet"):
            shown = bench.page(path, part_type="UNIT-1", **when)
            assert f"at least {least} d" in shown
            assert f"one-sided, {confidence:.0%} confidence".replace("%", " %") in shown
        weibull = bench.get("/reliability/weibull", part_type="UNIT-1", **when)
        assert weibull["eta"]["estimate"] is None
        assert weibull["refusal"]


# ------------------------------------------------------------------ case 2


def hundred_units(seed: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Ages at failure of 100 units (Weibull, beta 2, eta 10,000 h), and at which each is censored."""
    return 10_000 * np.random.default_rng(seed).weibull(2.0, 100), np.linspace(1000, 6000, 100)


def test_a_hundred_units(bench: Bench) -> None:
    """Two hundred repeats are in tests/fracas/reliability/test_estimates.py; this one goes through the door."""
    life, censored = hundred_units(7)
    watched = 250.0
    failed = {f"{i:03}": watched * life[i] / censored[i] for i in range(100) if life[i] < censored[i]}
    units = [f"{i:03}" for i in range(100)]
    bench.import_(
        "systems",
        "serial system_model site commissioned_at",
        [(f"S{u}", "RIG", "LAB", day(0)) for u in units],
    )
    bench.import_("parts", "serial part_type site", [(u, "UNIT-1", "LAB") for u in units])
    bench.import_(
        "installations", "part part_type system position installed_at installed_as removed_at removal_cause",
        [(u, "UNIT-1", f"S{u}", "SEAT", day(0), "new", day(failed[u] + 0.01) if u in failed else "",
          "failure" if u in failed else "") for u in units],
    )  # fmt: skip
    readings = [(f"S{u}", "h", 0, day(0)) for u in units]
    readings += [(f"S{u}", "h", float(end), day(watched)) for u, end in zip(units, censored, strict=True)]
    bench.import_("usage", "system metric value read_at", readings)
    bench.import_(
        "failures", "external_id system part part_type occurred_at symptom usage_not_read_reason",
        [(f"F{u}", f"S{u}", u, "UNIT-1", day(at), "stops", "log only") for u, at in failed.items()],
    )  # fmt: skip

    expected = fit_weibull(LifeData(np.minimum(life, censored), life < censored, unit="h"))
    found = bench.get("/reliability/weibull", part_type="UNIT-1", metric="h", as_of=day(watched))
    assert found["counts"]["failures"] == len(failed) == expected.counts.failures
    assert 7 <= len(failed) <= 20  # about 13
    eta = found["eta"]
    assert (eta["estimate"], found["beta"]["estimate"]) == pytest.approx(
        (expected.eta, expected.beta), rel=1e-6
    )
    assert eta["lower"] < 10_000 < eta["upper"]
    assert (eta["side"], eta["unit"], eta["failures"]) == ("two", "h", len(failed))
    rows = bench.get("/life-data", part_type="UNIT-1", metric="h", as_of=day(watched))["rows"]
    assert len(rows) == 100  # the survivors are in it
    assert [row["serial"] for row in sorted(rows, key=lambda row: row["serial"])] == units  # "007" is no 7
    shown = bench.page("/reliability/part-type", part_type="UNIT-1", metric="h", as_of=day(watched))
    assert f"{float(f'{expected.eta:.3g}'):,.0f} h" in shown
    # Running every file again changes nothing.
    for kind in ("systems", "parts", "installations", "usage", "failures"):
        bench.cli("import", kind, str(bench.folder / f"{kind}.csv"))
    again = bench.get("/reliability/weibull", part_type="UNIT-1", metric="h", as_of=day(watched))
    assert again["eta"] == eta
    assert len(bench.get("/failures", limit=100)["items"]) == len(failed)


# ------------------------------------------------------------------ case 3


def test_mttr_counts_repairs_only(bench: Bench) -> None:
    """By the page of imports: hours to repair 2, 4 and 6; a preventive visit and a look without a finding of 100 each."""
    one_unit(bench, "api")
    kinds = [("repair", 2), ("replace", 4), ("adjust", 6), ("preventive", 100), ("none", 100)]
    rows = [
        (f"V{at}", "R1", day(at), "visit", kind, day(at), day(at + hours / 24), "calendar time only")
        for at, (kind, hours) in enumerate(kinds, start=10)
    ]
    columns = "external_id system occurred_at symptom maintenance_kind downtime_started_at restored_at usage_not_read_reason"
    path = bench.file("visits", columns, rows)
    sent = {"kind": "failures", "file": (io.BytesIO(path.read_bytes()), "visits.csv"), "time_zone": "UTC"}
    preview = bench.worked(bench.engineer.post("/import/preview", data=sent))
    assert bench.get("/failures")["items"] == []  # nothing is written by looking at it
    token = re.search(r'name="upload" value="([^"]+)"', preview.text)
    assert token is not None, text_of(preview)
    done = bench.worked(bench.engineer.post("/import/run", data={"upload": token.group(1)}))
    assert "All rows were written" in text_of(done)
    assert len(bench.get("/failures")["items"]) == 5
    found = bench.get("/reliability/mttr", as_of=day(100))
    assert found["estimate"] == pytest.approx(4.0)
    assert (found["failures"], found["unit"], found["exposure"]) == (3, "h", pytest.approx(12.0))
    assert "2 reports are no repairs" in " ".join(found["warnings"])
    shown = bench.page("/reliability/fleet", as_of=day(100))
    assert re.search(r"Mean downtime of a repair 4 h ", shown), shown
    # Preventive visits are no failures either.
    assert bench.get("/reliability/mtbf", as_of=day(100))["failures"] == 4
