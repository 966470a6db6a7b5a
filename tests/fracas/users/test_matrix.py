"""The default matrix covers every permission that some verb or page asks for."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import fracas
from fracas.core.permissions import KNOWN
from fracas.users import matrix
from fracas.users.models import Role
from fracas.web.words import VERBS, WORDS


@pytest.fixture(scope="module")
def known() -> set[str]:
    """Every permission: asked for by a verb or a page of any room, wherever it is declared."""
    for module in pkgutil.walk_packages(fracas.__path__, "fracas."):
        if "_migrations" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    # Tests of the core declare permissions of their own; a room's are named by kinds the matrix knows.
    return {name for name in KNOWN if not name.startswith(("test.", "thing."))}


def test_no_verb_is_without_a_role(known: set[str]) -> None:
    assert known - matrix.DEFAULT.keys() == set()


def test_no_tick_is_for_nothing(known: set[str]) -> None:
    assert matrix.DEFAULT.keys() - known == set()


def test_somebody_holds_each_permission() -> None:
    assert [permission for permission, roles in matrix.DEFAULT.items() if not roles] == []


def test_no_role_is_empty() -> None:
    assert [role for role in Role if not matrix.of_role(role)] == []


@pytest.mark.parametrize("permission", ["problem.close", "problem.close_unverified", "action.verify"])
def test_the_last_word_is_the_approvers(permission: str) -> None:
    assert matrix.DEFAULT[permission] == {Role.APPROVER}


def test_a_customer_files_and_follows_only() -> None:
    verbs = {name for name in matrix.of_role(Role.CUSTOMER) if not name.startswith("account.")}
    assert {name.rpartition(".")[2] for name in verbs} <= {"read", "file", "attach"}


def test_each_permission_has_its_words() -> None:
    names = [permission.partition(".") for permission in matrix.DEFAULT]
    assert [kind for kind, _, _ in names if f"kind.{kind}" not in WORDS] == []
    assert [verb for _, _, verb in names if verb not in VERBS] == []


def test_each_role_has_its_word() -> None:
    assert [role for role in Role if role.value not in WORDS] == []
