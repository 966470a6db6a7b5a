"""The lists that forms offer hold what the catalog has, in the reader's language."""

from __future__ import annotations

from flask import Flask, g
from flask_babel import force_locale

from fracas.catalog import options, workflow
from tests.factories.catalog import make_catalog
from tests.factories.organisations import make_root


def test_each_list_offers_its_keys(app: Flask) -> None:
    with app.test_request_context("/"):
        g.session = app.extensions["fracas.sessions"]["write"]()
        g.actor = actor = make_root(g.session)
        make_catalog(g.session, actor)
        workflow.add_code(g.session, actor, kind="mode", code="007", name="Leaks", name_zh="泄漏")
        gone = workflow.add_code(g.session, actor, kind="mode", code="008", name="Old")
        workflow.retire_code(g.session, actor, kind="mode", code=gone.code)
        assert options.codes(None, "mode") == [("007", "007 Leaks")]
        with force_locale("zh_Hans"):
            assert options.codes(None, "mode") == [("007", "007 泄漏")]
        assert options.codes(None, "symptom") == []
        assert {value for value, _ in options.metrics(None, "")} == {"hours", "km"}
        assert [value for value, _ in options.part_types(None, "")] == ["BCU-200", "V-7"]
        assert [value for value, _ in options.system_models(None, "")] == ["LRV"]
