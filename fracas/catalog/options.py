"""The lists of the catalog that forms offer: codes of a kind, meters, part types, system models."""

from __future__ import annotations

from typing import Any

from fracas.catalog import queries
from fracas.web.forms import Options, option_source
from fracas.web.guard import actor
from fracas.web.session import db
from fracas.web.words import code_words


@option_source("codes")
def codes(_subject: Any, kind: str) -> Options:
    return [(row.code, code_words(row)) for row in queries.failure_codes(db(), actor(), kind)]


@option_source("metrics")
def metrics(_subject: Any, _argument: str) -> Options:
    return [(row.code, f"{row.name} ({row.unit})") for row in queries.metrics(db(), actor())]


@option_source("part_types")
def part_types(_subject: Any, _argument: str) -> Options:
    return [(row.number, f"{row.number} {row.name}") for row in queries.part_types(db(), actor())]


@option_source("system_models")
def system_models(_subject: Any, _argument: str) -> Options:
    return [(row.code, row.name) for row in queries.system_models(db(), actor())]
