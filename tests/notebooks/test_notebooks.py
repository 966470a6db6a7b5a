"""The notebooks run from an empty kernel, and the first one says what the pages and the API say."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from fracas import loop
from fracas.core import clock
from fracas.core.db import make_engine
from fracas.core.permissions import Actor
from fracas.demo.load import load
from fracas.organisations.models import Organisation
from fracas.users import account, queries
from tests.architecture.source import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# All but the one that reads the tracker: published examples, each number checked by an assert of its own.
GUIDES = [notebook for notebook in NOTEBOOKS if notebook.stem != "01_first_fit"]


@pytest.fixture(scope="module")
def fleet(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a database with a small demo fleet that ended yesterday."""
    path = tmp_path_factory.mktemp("fleet") / "fleet.sqlite"
    shutil.copyfile(sqlite_template, path)
    loop.wire()
    engine = make_engine(f"sqlite:///{path}")
    with Session(engine, expire_on_commit=False) as session:
        load(session, vehicles=6, days=900, until=clock.now() - timedelta(days=1))
        session.commit()
    engine.dispose()
    return f"sqlite:///{path}"


def run(notebook: Path, url: str, folder: Path) -> list[str]:
    """What each cell printed, run as a user would from a kernel of its own."""
    done = folder / notebook.name
    command = [
        sys.executable,
        "-m",
        "nbconvert",
        "--to",
        "notebook",
        "--execute",
        "--output",
        str(done),
        str(notebook),
    ]
    environment = {
        **os.environ,
        "FRACAS_DATABASE_URL": url,
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
    }
    finished = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr[-3000:]
    cells = json.loads(done.read_text("utf-8"))["cells"]
    return ["".join("".join(out.get("text", "")) for out in cell.get("outputs", [])) for cell in cells]


def token(app: Flask) -> str:
    with Session(app.extensions["engine"]) as session:
        root = Actor.system(session.scalars(select(Organisation.id)).one())
        engineer = queries.actor_for(session, queries.user(session, root, "reliability@demo.example"))
        made = account.create_token(session, engineer, name="notebook")
        session.commit()
        return str(made)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_kept_without_outputs(notebook: Path) -> None:
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    assert [cell["id"] for cell in cells if cell.get("outputs") or cell.get("execution_count")] == []


def test_the_first_fit_is_what_the_api_answers(
    fleet: str, make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    printed = run(ROOT / "notebooks" / "01_first_fit.ipynb", fleet, tmp_path)
    told: dict[str, Any] = json.loads(printed[-1])
    app = make_app(fleet)
    client, headers = app.test_client(), {"Authorization": f"Bearer {token(app)}"}
    query = {"part_type": "CAL-310", "metric": "km", "confidence": "0.90"}
    weibull = client.get("/api/v1/reliability/weibull", query_string=query, headers=headers).get_json()
    # Both are as of the moment they are asked, some seconds apart; running units have aged by that.
    assert told["eta"] == pytest.approx(weibull["eta"]["estimate"], rel=1e-6)
    assert told["beta"] == pytest.approx(weibull["beta"]["estimate"], rel=1e-6)
    assert told["failures"] == weibull["eta"]["failures"] > 5
    spares = client.get(
        "/api/v1/spares", query_string={**query, "service_level": "0.95"}, headers=headers
    ).get_json()
    assert told["stock"] == spares["stock"]


@pytest.mark.parametrize("notebook", GUIDES, ids=lambda path: path.stem)
def test_a_guide_runs_and_finds_the_published_numbers(notebook: Path, tmp_path: Path) -> None:
    assert any(run(notebook, "", tmp_path))
