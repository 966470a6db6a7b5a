"""What every JSON endpoint shares: input by form, ETag and If-Match, Idempotency-Key, cursor pages."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from typing import Any, Self, TypeVar
from uuid import UUID

from apiflask import APIBlueprint, HTTPError
from flask import Response, jsonify, make_response, request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from fracas.core.errors import Invalid
from fracas.core.idempotency import IdempotentRequest
from fracas.core.paging import LARGEST, Page
from fracas.web import errors
from fracas.web.forms import parse
from fracas.web.guard import actor
from fracas.web.session import db

View = TypeVar("View", bound=Callable[..., Any])
PREFIX = "/api/v1"


class Output(BaseModel):
    """Base of what the API answers with."""

    model_config = ConfigDict(from_attributes=True)


class ListQuery(BaseModel):
    """Every list takes these beside its own filters."""

    model_config = ConfigDict(extra="forbid")

    cursor: str | None = Field(None, description="`next_cursor` of the page before")
    limit: int = Field(50, ge=1, le=LARGEST)

    @classmethod
    def of_address(cls) -> Self:
        """The filter in the address of a page; its empty inputs ask for nothing."""
        return parse(cls, {name: value for name, value in request.args.items() if value != ""})


def takes(
    api: APIBlueprint, form: type[BaseModel], location: str = "json", name: str = "form"
) -> Callable[[View], View]:
    """Document and read the input; what is wrong is said by field, as problem+json, like everywhere else."""

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def reading(*args: Any, **kwargs: Any) -> Any:
            values = _json() if location == "json" else request.args.to_dict()
            return view(*args, **kwargs, **{name: parse(form, values)})

        # Only its description is wanted: what it wraps around the view would check a pydantic form by itself and answer
        # in words of its own.
        described = api.input(form, location=location)(reading)
        reading._spec = described._spec  # type: ignore[attr-defined]
        return reading  # type: ignore[return-value]

    return wrap


def _json() -> dict[str, Any]:
    if not request.get_data(cache=True):
        return {}
    try:
        values = request.get_json(force=True, silent=True)
    except RecursionError:
        raise Invalid("The body is nested too deeply.") from None
    if not isinstance(values, dict):
        raise Invalid("The body must be a JSON object.")
    return values


def etag(subject: Any) -> str:
    return f'"{subject.version}"'


def if_match() -> int | None:
    """The version in If-Match; a save based on an older one is refused with 412."""
    header = request.headers.get("If-Match", "").strip()
    if not header or header == "*":
        return None
    try:
        return int(header.removeprefix("W/").strip('"'))
    except ValueError:
        raise Invalid("If-Match must be the ETag that the record came with.", field="If-Match") from None


def page_of(page: Page[Any], present: Callable[[Any], BaseModel]) -> dict[str, Any]:
    return {
        "items": [present(row).model_dump(mode="json") for row in page.rows],
        "next_cursor": page.next_cursor,
    }


def _request_hash() -> str:
    text = f"{request.method} {request.path}\n".encode() + request.get_data(cache=True)
    return hashlib.sha256(text).hexdigest()


def remembered(key: str, request_hash: str | None = None) -> IdempotentRequest | None:
    """What was answered to this key before, refusing a key that was used for another request."""
    who = actor()
    found = db().scalar(
        select(IdempotentRequest).where(
            IdempotentRequest.organisation_id == who.organisation_id,
            IdempotentRequest.user_id == (who.user_id or who.organisation_id),
            IdempotentRequest.key == key,
        )
    )
    if found is not None and request_hash is not None and found.request_hash != request_hash:
        raise Invalid("This Idempotency-Key was used for a different request.", field="Idempotency-Key")
    return found


def remember(key: str, request_hash: str, status: int, body: dict[str, Any], location: str | None) -> None:
    who = actor()
    db().add(
        IdempotentRequest(
            organisation_id=who.organisation_id,
            user_id=who.user_id or who.organisation_id,
            key=key,
            request_hash=request_hash,
            status=status,
            body=body,
            location=location,
        )
    )
    db().flush()


def idempotent(view: View) -> View:
    """Answer a repeated Idempotency-Key with the first answer, so that a phone may send again without fear."""

    @functools.wraps(view)
    def once(*args: Any, **kwargs: Any) -> Any:
        key = request.headers.get("Idempotency-Key", "").strip()
        if not key:
            return view(*args, **kwargs)
        if len(key) > 200:
            raise Invalid("An Idempotency-Key has 200 characters at most.", field="Idempotency-Key")
        before = remembered(key, _request_hash())
        if before is not None:
            answer = make_response(jsonify(before.body), before.status)
            answer.headers["Idempotent-Replayed"] = "true"
            if before.location:
                answer.headers["Location"] = before.location
            return answer
        body, status, headers = view(*args, **kwargs)
        plain = body.model_dump(mode="json") if isinstance(body, BaseModel) else body
        remember(key, _request_hash(), status, plain, headers.get("Location"))
        return body, status, headers

    return once  # type: ignore[return-value]


def bad_http(error: HTTPError) -> Response:
    """APIFlask's own errors in our form."""
    return errors.answer(error.status_code, error.message or "", str(error.detail or error.message or ""))


def user_key(value: UUID | None) -> str | None:
    return str(value) if value else None
