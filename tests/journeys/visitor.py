"""Somebody at a browser: enters by one click, fills forms by the names of their fields, presses buttons.

What no page may ever do is written down as it happens: an error in the console, a request that leaves the machine, a
page without its content security policy.
"""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
LOCAL = ("data:", "blob:", "about:")


class Visitor:
    def __init__(self, browser: Browser, address: str, *, phone: bool = False, **options: Any) -> None:
        size = {"viewport": PHONE, "is_mobile": True, "has_touch": True} if phone else {"viewport": DESK}
        self.address = address
        self.context = browser.new_context(
            **{"locale": "en-GB", "timezone_id": "Asia/Shanghai", "base_url": address, **size, **options}
        )
        self.context.set_default_timeout(30_000)
        self.complaints: list[str] = []
        self.requested: list[str] = []
        self.expects_no_network = False
        self.context.on("console", self._console)
        self.context.on("weberror", lambda error: self.complaints.append(f"script: {error.error}"))
        self.context.on("request", self._request)
        self.context.on("response", self._response)
        self.page: Page = self.context.new_page()

    # ------------------------------------------------------------ what no page may do

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        # The browser notes every answer over 399; a refusal is one, and so is what is asked for without a network.
        address = message.location.get("url", "")
        refused = re.search(r"status of (400|403|409|412|422) ", message.text)
        if (refused and "/static/" not in address) or self.expects_no_network:
            return
        self.complaints.append(f"console: {message.text} ({address})")

    def _request(self, request: Request) -> None:
        self.requested.append(request.url)
        if not request.url.startswith((f"{self.address}/", *LOCAL)):
            self.complaints.append(f"leaves the machine: {request.url}")

    def _response(self, response: Response) -> None:
        if response.request.resource_type != "document" or response.status in (301, 302, 303, 304):
            return
        policy = response.headers.get("content-security-policy", "")
        if "default-src 'self'" not in policy or "unsafe-eval" in policy.replace("wasm-unsafe-eval", ""):
            self.complaints.append(f"no strict policy: {response.url}: {policy!r}")

    # ------------------------------------------------------------ what a person does

    def enter(self, name: str) -> Visitor:
        """By the demo's one click."""
        self.page.goto("/sign-in")
        self.page.click(f'button[value="{name}@depot.example"]')
        self.page.wait_for_selector("header")
        return self

    def open(self, path: str) -> int:
        answer = self.page.goto(path)
        assert answer is not None
        return answer.status

    def text(self) -> str:
        return self.page.inner_text("main")

    def fill(self, **fields: Any) -> Visitor:
        for name, value in fields.items():
            self._fill(f'main [name="{name}"]', value)
        return self

    def _fill(self, selector: str, value: Any) -> None:
        element = self.page.locator(selector).first
        self._uncover(element)
        tag = element.evaluate("e => e.tagName")
        kind = element.get_attribute("type")
        if tag == "SELECT":
            element.select_option(str(value))
        elif kind == "radio":
            self.page.check(f'{selector}[value="{value}"]')
        elif kind == "file":
            element.set_input_files(value)
        else:
            element.fill(str(value))

    def _uncover(self, element: Any) -> None:
        """Open the groups of a long form that the field lies in."""
        element.evaluate(
            "e => { for (let d = e.closest('details'); d; d = d.parentElement.closest('details')) d.open = true }"
        )

    def send(self) -> str:
        """Press the button of the page's form, and read what follows."""
        with self.page.expect_navigation():
            self.page.click("main form[method=post] button.btn-primary")
        return self.text()

    def step(self, verb: str) -> Visitor:
        """The verb's button on the record's page: the next step, or one of the menu."""
        link = self.page.locator(f'.next-step a[href$="/{verb}"]')
        if not link.is_visible():
            self.page.click(".next-step .dropdown-toggle")
        link.click()
        self.page.wait_for_url(f"**/{verb}")
        return self

    def state(self) -> str:
        return str(self.page.locator("h1 ~ .state").first.get_attribute("class")).partition("state-")[2]

    def record(self) -> str:
        """The number in the address: FR-2026-00042."""
        return self.page.url.partition("?")[0].rpartition("/")[2]

    def leave(self) -> None:
        self.context.close()
        assert self.complaints == [], "\n".join(self.complaints)
