"""The catalogue holds every word of the source, translated, with the same parameters; and Chinese pages are Chinese."""

from __future__ import annotations

import html
import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.pofile import read_po
from sqlalchemy import JSON, Enum, String, select

from fracas.core.db import Base
from tests.factories.served import Served

ROOT = Path(__file__).resolve().parents[3]
CATALOGUES = sorted((ROOT / "fracas/web/translations").glob("*/LC_MESSAGES/messages.po"))
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|\{\w+\}|%%")


@cache
def source() -> Catalog:
    """What `make messages` would collect now, by its own settings."""
    keywords = re.search(r"^KEYWORDS := (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert keywords is not None
    with (ROOT / "babel.cfg").open() as settings:
        methods, options = parse_mapping_cfg(settings)
    found = Catalog()
    for path, _, message, _, _ in extract_from_dir(
        ROOT / "fracas",
        [(re.sub(r"^fracas/", "", pattern), method) for pattern, method in methods],
        {re.sub(r"^fracas/", "", pattern): chosen for pattern, chosen in options.items()},
        keywords={**DEFAULT_KEYWORDS, **parse_keywords(keywords.group(1).split())},
    ):
        assert message, path
        found.add(message)
    return found


@cache
def translated(path: Path) -> Catalog:
    with path.open("rb") as text:
        return read_po(text, locale=path.parent.parent.name)


def msgids(catalog: Catalog) -> dict[str, Message]:
    return {
        message.id if isinstance(message.id, str) else message.id[0]: message
        for message in catalog
        if message.id
    }


def texts(value: str | tuple[str, ...] | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def test_there_are_words_to_compare() -> None:
    found = msgids(source())
    assert {"Report a failure", "This is needed.", "%(num)s change"} <= found.keys()
    assert [path.parent.parent.name for path in CATALOGUES] == ["zh_Hans"]


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parent.parent.name)
class TestCatalogue:
    def test_it_holds_what_the_source_says_and_nothing_else(self, path: Path) -> None:
        here, there = msgids(translated(path)).keys(), msgids(source()).keys()
        assert (there - here, here - there) == (set(), set()), "run `make messages` and translate what is new"

    def test_every_word_is_translated(self, path: Path) -> None:
        empty = [
            key
            for key, message in msgids(translated(path)).items()
            if message.fuzzy or not all(texts(message.string))
        ]
        assert empty == []

    def test_a_translation_takes_the_same_parameters(self, path: Path) -> None:
        different = [
            key
            for key, message in msgids(translated(path)).items()
            for text in texts(message.string)
            if set(PLACEHOLDER.findall(text)) != set(PLACEHOLDER.findall(texts(message.id)[-1]))
        ]
        assert different == []

    def test_there_is_one_text_for_each_plural(self, path: Path) -> None:
        catalog = translated(path)
        uneven = [
            key
            for key, message in msgids(catalog).items()
            if message.pluralizable and len(texts(message.string)) != catalog.num_plurals
        ]
        assert uneven == []


def test_chinese_is_set_in_chinese_marks() -> None:
    """No comma, stop or colon of the Latin kind between two Chinese characters."""
    han = r"[\u4e00-\u9fff]"
    catalog = translated(ROOT / "fracas/web/translations/zh_Hans/LC_MESSAGES/messages.po")
    wrong = [
        text
        for message in msgids(catalog).values()
        for text in texts(message.string)
        if re.search(f"{han}[,;:!?()]{han}|{han}\\.$", text)
    ]
    assert wrong == []


# ------------------------------------------------------------------ pages

LATIN = re.compile(r"[A-Za-z]{3,}")
# Names, units, formats and the trade's own letters, which Chinese pages keep.
KEPT = set(
    """FRACAS English CSV TSV Excel TOML API UTC PNG MTBF MCF ISO Weibull Wald Kaplan Meier Idempotency Key calendar cycles
    h km min IANA fracas import JPEG WebP HEIC PDF UTF mtbf exposure""".split()
)


def shown(page: str) -> set[str]:
    """Latin words of three letters and more that a reader or a screen reader meets."""
    page = re.sub(r"(?s)<(script|style|datalist|noscript)\b.*?</\1>", " ", page)
    spoken = re.findall(r'(?:aria-label|placeholder|alt|title|data-label)="([^"]*)"', page)
    return set(LATIN.findall(html.unescape(" ".join([re.sub(r"<[^>]*>", " ", page), *spoken]))))


def words_of_the_data(served: Served) -> set[str]:
    """What people, or the test, wrote, and the names of the maps that we ship: shown as they are."""
    found = {word for path in (ROOT / "fracas/exchange/maps").iterdir() for word in LATIN.findall(path.stem)}
    for table in Base.metadata.sorted_tables:
        texts = [
            column
            for column in table.columns
            if isinstance(column.type, String | JSON) and not isinstance(column.type, Enum)
        ]
        for row in served.session.execute(select(*texts)) if texts else ():
            found.update(LATIN.findall(" ".join(str(value) for value in row if value is not None)))
    return found


def pages_of(served: Served) -> list[str]:
    """Every address without a parameter, and the pages of one record of each kind with what can be done to it."""
    loop = served.loop
    failure, problem = loop.failure_in("scored", part="V1"), loop.problem(owner=loop.person("quality").email)
    action = loop.action(problem=problem)
    served.keep()
    plain = [
        rule.rule
        for rule in served.app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments and not NO_PAGE.search(rule.rule)
    ]
    records = [f"/failures/{failure.number}", f"/problems/{problem.number}", f"/actions/{action.number}"]
    verbs = [
        rule.rule.replace("<key>", record.rpartition("/")[2])
        for record in records
        for rule in served.app.url_map.iter_rules()
        if rule.rule.startswith(f"/{record.split('/')[1]}/<key>/") and ".do_" in rule.endpoint
    ]
    return [
        *plain,
        *records,
        *verbs,
        "/systems/S1",
        "/serials/" + str(failure.part_id),
        "/parts/" + str(failure.part_id),
    ]


ROLES = ("administrator", "reliability_engineer", "quality", "approver")
NO_PAGE = re.compile(
    r"^/(api|static|healthz|metrics|openapi|docs)|\.(csv|json|js|xlsx|webmanifest)$|download|export|csrf|lookup|/sign-"
)


def test_a_chinese_page_has_no_english_left(served: Served) -> None:
    """The main pages, as somebody sees them who may do everything, hold no Latin word but names and the data's own."""
    pages, left, seen = pages_of(served), set(), 0
    clients = [served.client(role) for role in ROLES]
    data = words_of_the_data(served)
    for client in clients:
        with client.session_transaction() as browser:
            browser["language"] = "zh_Hans"
        for address in pages:
            answer = client.get(address, follow_redirects=True)
            if answer.status_code != 200 or answer.mimetype != "text/html":
                continue
            seen += 1
            left |= {(address, word) for word in shown(answer.text) - data - KEPT}
    assert seen > 60
    assert sorted(left) == []
