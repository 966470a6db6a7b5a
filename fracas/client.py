"""What a notebook imports: the HTTP API as data frames.

    from fracas.client import Fracas
    fleet = Fracas("http://127.0.0.1:8000", token="...")
    lives = fleet.life_data("CAL-310", metric="km")

Imports nothing else of fracas, so that it runs where the service is not installed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

if TYPE_CHECKING:
    import pandas as pd


class ApiError(Exception):
    """The service refused; ``status`` and ``problem`` hold its answer, the message its words."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        details = "; ".join(f"{e.get('field', '')}: {e['message']}" for e in problem.get("errors", []))
        super().__init__(f"{status} {problem.get('detail', '')}" + (f" ({details})" if details else ""))
        self.status = status
        self.problem = problem


class Fracas:
    """A connection to one service.

    Parameters
    ----------
    url : address of the service, such as ``http://127.0.0.1:8000``.
    token : a bearer token (``fracas token create EMAIL --name notebook`` prints one).
    timeout : seconds to wait for an answer.
    """

    def __init__(self, url: str, token: str, *, timeout: float = 60.0) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError("url must begin with http:// or https://")
        self._base = url.rstrip("/") + "/api/v1"
        self._token = token
        self._timeout = timeout

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """One answer as a dictionary; parameters that are None are left out."""
        return self._send("GET", path, query=query)

    def post(
        self, path: str, body: dict[str, Any] | None = None, *, idempotency_key: str | None = None
    ) -> dict[str, Any]:
        """Write something; the same ``idempotency_key`` sent again gets the first answer again."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        return self._send("POST", path, body=body or {}, headers=headers)

    def rows(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every row of a list, page after page."""
        cursor: str | None = None
        while True:
            page = self.get(path, **{"limit": 200, **query, "cursor": cursor})
            yield from page["items"]
            cursor = page.get("next_cursor")
            if not cursor:
                return

    def frame(self, path: str, **query: Any) -> pd.DataFrame:
        """A list as a data frame, one row a record."""
        import pandas as pd

        return pd.DataFrame(list(self.rows(path, **query)))

    def failures(self, **filters: Any) -> pd.DataFrame:
        return self.frame("/failures", **filters)

    def problems(self, **filters: Any) -> pd.DataFrame:
        return self.frame("/problems", **filters)

    def actions(self, **filters: Any) -> pd.DataFrame:
        return self.frame("/actions", **filters)

    def life_data(self, part_type: str, **query: Any) -> pd.DataFrame:
        """One row a life segment: entry, exit, event, serial, ... (``metric``, ``as_of``, ``known_at``, ``scoring``).

        Without ``metric`` this and every other figure of a part type is in the one its life is counted in, as on the page.

        ``frame.attrs`` keeps the unit, the counts and the warnings that came with the rows.
        """
        import pandas as pd

        answer = self.get("/life-data", part_type=part_type, **query)
        frame = pd.DataFrame(answer.pop("rows"))
        frame.attrs.update(answer)
        return frame

    def weibull(self, part_type: str, **query: Any) -> dict[str, Any]:
        return self.get("/reliability/weibull", part_type=part_type, **query)

    def mtbf(self, part_type: str | None = None, **query: Any) -> dict[str, Any]:
        return self.get("/reliability/mtbf", part_type=part_type, **query)

    def mcf(self, part_type: str | None = None, **query: Any) -> dict[str, Any]:
        return self.get("/reliability/mcf", part_type=part_type, **query)

    def spares(self, part_type: str, **query: Any) -> dict[str, Any]:
        return self.get("/spares", part_type=part_type, **query)

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, Any] | None = None,
        body: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        kept = {name: value for name, value in (query or {}).items() if value is not None}
        request = Request(  # noqa: S310 - the scheme was checked above
            f"{self._base}{path}" + (f"?{urlencode(kept)}" if kept else ""),
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/json",
                "Accept": "application/json",
                **(headers or {}),
            },
        )
        try:
            with urlopen(request, timeout=self._timeout) as answer:  # noqa: S310  # nosec B310 - the scheme was checked above
                return json.load(answer)  # type: ignore[no-any-return]
        except HTTPError as error:
            try:
                problem = json.load(error)
            except ValueError:
                problem = {"detail": error.reason}
            raise ApiError(error.code, problem) from None
