"""One tree of migrations, both directions, both databases; and it makes the tables that the models describe."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Engine, MetaData, Table, inspect, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from fracas.catalog.models import PartType
from fracas.core import migrate
from fracas.core.db import make_engine, uuid7
from fracas.core.history import HistoryEntry
from fracas.core.permissions import Actor
from fracas.organisations.models import Organisation
from fracas.organisations.workflow import create_organisation
from fracas.reliability.forms import SparesPlanQuery
from fracas.reliability.models import SparesPlan
from fracas.reliability.planning import ask
from fracas.users.models import Role, RolePermission
from fracas.users.queries import matrix, offered_permissions
from fracas.users.workflow import grant_defaults, set_permission


@pytest.fixture
def migrated(empty_database_url: str) -> Iterator[Engine]:
    engine = make_engine(empty_database_url)
    yield engine
    engine.dispose()


def names(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names()) - {"alembic_version"}


def test_there_is_one_head_and_files_are_numbered_in_order() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrate.scripts()))
    script = ScriptDirectory.from_config(config)
    assert len(script.get_heads()) == 1
    for revision in script.walk_revisions():
        assert revision.path.rpartition("/")[2].startswith(f"{revision.revision}_")


def test_down_to_nothing_and_up_again(empty_database_url: str, migrated: Engine) -> None:
    assert migrate.current(empty_database_url) == migrate.head()
    assert names(migrated) == set(migrate.every_table().tables)
    migrate.downgrade(empty_database_url, "base")
    assert names(migrated) == set()
    assert migrate.current(empty_database_url) is None
    migrate.upgrade(empty_database_url)
    assert names(migrated) == set(migrate.every_table().tables)
    migrate.upgrade(empty_database_url)  # a second time changes nothing
    assert migrate.current(empty_database_url) == migrate.head()


def test_the_migrated_schema_is_the_one_the_models_describe(migrated: Engine) -> None:
    with migrated.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, migrate.every_table()) == []


def test_check_constraints_are_the_ones_the_models_describe(migrated: Engine) -> None:
    """Autogenerate is blind to CHECK constraints, so they are compared here."""
    tables = migrate.every_table().tables.values()
    inspector = inspect(migrated)
    described = {
        (table.name, constraint.name)
        for table in tables
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }
    found = {
        (table.name, check["name"])
        for table in tables
        for check in inspector.get_check_constraints(table.name)
    }
    assert found == described
    assert all(str(name).startswith(f"ck_{table}_") for table, name in found)


def test_choices_are_the_ones_the_models_describe(migrated: Engine) -> None:
    """A value added to an enum but not to the migration would be refused only in the field."""
    inspector = inspect(migrated)
    for table in migrate.every_table().tables.values():
        checks = " ".join(check["sqltext"] for check in inspector.get_check_constraints(table.name))
        for column in table.columns:
            for value in getattr(column.type, "enums", []):
                assert f"'{value}'" in checks, f"{table.name}.{column.name} does not know {value}"


def test_a_matrix_of_the_first_release_was_offered_what_has_or_had_a_tick(empty_database_url: str) -> None:
    migrate.downgrade(empty_database_url, "0001")
    engine = make_engine(empty_database_url)
    with Session(engine) as session:
        root = Actor.system(create_organisation(session, code="ORG", name="Org").id)
        session.add_all(
            RolePermission(organisation_id=root.organisation_id, role=Role.QUALITY, permission=permission)
            for permission in ("failure.read", "failure.verify")
        )
        session.flush()
        set_permission(session, root, permission="failure.verify", role="quality", is_allowed=False)
        session.commit()
    migrate.upgrade(empty_database_url)
    with Session(engine) as session:
        assert offered_permissions(session, root) == {"failure.read", "failure.verify"}
        grant_defaults(session, root)
        stored = matrix(session, root)
        assert "failure.verify" not in stored
        assert stored["failure.read"] == {Role.QUALITY}
        assert Role.FIELD_ENGINEER in stored["failure.file"]
    engine.dispose()


def test_part_types_from_before_the_share_of_repairs_are_kept_without_one(empty_database_url: str) -> None:
    migrate.downgrade(empty_database_url, "0004")
    engine = make_engine(empty_database_url)
    with Session(engine) as session:
        root = Actor.system(create_organisation(session, code="ORG", name="Org").id)
        session.commit()
    ids = {"id": uuid7(), "organisation_id": root.organisation_id}
    before = Table("part_type", MetaData(), autoload_with=engine)
    as_stored = {
        name: value.hex if before.c[name].type.python_type is str else value for name, value in ids.items()
    }
    with engine.begin() as connection:
        connection.execute(
            before.insert().values(
                **as_stored, number="P-1", name="Pump", is_repairable=True, repair_assumption="as_new",
                turn_around_days=35.0, currency="EUR", is_flagged=False, version=1,
            )
        )  # fmt: skip
    migrate.upgrade(empty_database_url)
    with Session(engine) as session:
        kept = session.scalars(select(PartType)).unique().one()
        assert (kept.number, kept.turn_around_days, kept.repaired_share) == ("P-1", 35.0, None)
        kept.repaired_share = 1.5
        with pytest.raises(IntegrityError, match="ck_part_type_repaired_share"):
            session.flush()
    migrate.downgrade(empty_database_url, "0004")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT number, turn_around_days FROM part_type")).one() == (
            "P-1",
            35.0,
        )
    engine.dispose()


def test_a_spares_plan_goes_with_its_table_and_nothing_else(empty_database_url: str) -> None:
    engine = make_engine(empty_database_url)
    with Session(engine) as session:
        root = Actor.system(create_organisation(session, code="ORG", name="Org").id)
        ask(session, root, SparesPlanQuery())
        session.commit()
        assert session.scalars(select(SparesPlan.settings)).one()["service_level"] == 0.95
    migrate.downgrade(empty_database_url, "0005")
    assert "spares_plan" not in names(engine)
    migrate.upgrade(empty_database_url)
    with Session(engine) as session:
        assert session.scalars(select(SparesPlan)).all() == []
        assert session.scalars(select(Organisation.code)).one() == "ORG"
    engine.dispose()


@pytest.mark.parametrize("change", ["UPDATE history_entry SET verb = 'forged'", "DELETE FROM history_entry"])
def test_the_database_keeps_history_as_it_was_written(migrated: Engine, change: str) -> None:
    with Session(migrated) as session:
        session.add(
            HistoryEntry(
                subject_kind="failure", subject_id=uuid7(), table="failure", row_id=uuid7(), verb="file",
                changes={}, actor_name="somebody",
            )
        )  # fmt: skip
        session.commit()
        with pytest.raises(DBAPIError, match="append-only"):
            session.execute(text(change))
        session.rollback()
        assert session.query(HistoryEntry).one().verb == "file"
