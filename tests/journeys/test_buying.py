"""A manager asks what must be bought: the page begins by itself, waits for the worker, and shows the plan when it is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fracas.core.jobs import Worker
from fracas.reliability import planning
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.browser


def test_what_must_we_buy(door: Any, visit: Callable[..., Visitor]) -> None:
    manager = visit("manager", phone=True)
    manager.open("/dashboard")
    manager.page.click("text=What must we buy")
    manager.page.wait_for_selector("text=Waiting for a worker")
    Worker(door.app.extensions["fracas.sessions"]["write"], {planning.STEP: planning.step}).run_waiting()
    manager.page.wait_for_selector("#verdict")  # nobody opened the page again
    assert "V-7" in manager.text()
    manager.page.click("#plan table a >> text=V-7")
    manager.page.wait_for_selector("h1 >> text=V-7")
