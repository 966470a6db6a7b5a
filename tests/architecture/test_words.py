"""Every word that a person sees goes through gettext: bare text in a template fails here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from tests.architecture.source import ROOT

TEMPLATES = sorted((ROOT / "fracas").rglob("templates/**/*.html"))
SHOWN_ATTRIBUTES = {"title", "placeholder", "alt", "aria-label", "aria-description"}
# Names are the same in every language.
NOT_WORDS = re.compile(r"FRACAS|CSV|API|JSON|MTBF|Excel|English|中文|[A-Z]{2}-\d{4}-\d+")
WORD = re.compile(r"[A-Za-z]{2,}|[\u4e00-\u9fff]")


class ShownText(HTMLParser):
    """Collects what a reader sees or hears: text outside scripts, and the attributes that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []
        self._mute = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "style", "code", "svg"}:
            self._mute = tag
        self.shown += [value for name, value in attrs if name in SHOWN_ATTRIBUTES and value]

    def handle_endtag(self, tag: str) -> None:
        if tag == self._mute:
            self._mute = ""

    def handle_data(self, data: str) -> None:
        if not self._mute:
            self.shown.append(data.strip())


def raw_html(node: nodes.Node) -> Iterator[str]:
    """The template's own text in order of writing; expressions, translated ones too, are a blank."""
    if isinstance(node, nodes.TemplateData):
        yield node.data
    elif isinstance(node, nodes.Expr):
        yield " "
    else:
        for child in node.iter_child_nodes():
            yield from raw_html(child)


def bare_words(source: str) -> list[str]:
    tree = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"], autoescape=True).parse(source)
    parser = ShownText()
    parser.feed("".join(raw_html(tree)))
    parser.close()
    return [text for text in parser.shown if WORD.search(NOT_WORDS.sub("", text))]


def test_the_rule_sees_bare_words() -> None:
    template = "<p title='{{ _('Fine') }}'>{% trans %}fine{% endtrans %}{% if x %}Bare{% endif %}</p><img alt='Mute'>"
    assert sorted(bare_words(template)) == ["Bare", "Mute"]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT / "fracas").as_posix())
def test_a_template_says_nothing_untranslated(path: Path) -> None:
    assert bare_words(path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT / "fracas").as_posix())
def test_a_template_keeps_the_content_security_policy(path: Path) -> None:
    """No inline script, style or handler, and nothing from another machine."""
    source = path.read_text("utf-8")
    inline = re.findall(
        r"<script(?![^>]*\b(?:src=|type=[\"']application/json))[^>]*>|<style\b|\sstyle=|\son[a-z]+=\"", source
    )
    foreign = re.findall(r"(?:src|href)=[\"'](?:https?:)?//[^\"']+", source)
    assert inline + foreign == []
