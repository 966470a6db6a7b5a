"""The catalogue holds every word of the source, translated, with the same parameters; and Chinese pages are Chinese."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.pofile import read_po

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
