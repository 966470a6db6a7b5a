"""Who may do what in a new organisation: permission -> roles. From then on it is data, and the administrator's.

A permission is ``<kind>.<verb>``; every verb and every guarded page asks for one, and a test compares this table with
what they ask for. Which rows a person sees is another matter: see ``queries.actor_for``.
"""

from __future__ import annotations

from fracas.users.models import Role

FIELD, STATION, QUALITY, ENGINEER = (
    Role.FIELD_ENGINEER,
    Role.SERVICE_STATION,
    Role.QUALITY,
    Role.RELIABILITY_ENGINEER,
)
APPROVER, MANAGER, CUSTOMER, ADMIN = Role.APPROVER, Role.MANAGER, Role.CUSTOMER, Role.ADMINISTRATOR

SITE_LIMITED = frozenset({FIELD, STATION})
"""Roles that see only the sites written on the person."""

EVERYBODY = frozenset(Role)
STAFF = EVERYBODY - {CUSTOMER}
OFFICE = STAFF - SITE_LIMITED
ANALYSTS = frozenset({QUALITY, ENGINEER})
MASTER_DATA = frozenset({ADMIN, ENGINEER})
NOBODY_ELSE = frozenset({ADMIN})

DEFAULT: dict[str, frozenset[Role]] = {
    # failures
    "failure.read": EVERYBODY,
    "failure.file": STAFF - {MANAGER, ADMIN} | {CUSTOMER},
    "failure.attach": STAFF - {MANAGER, ADMIN} | {CUSTOMER},
    "failure.amend": SITE_LIMITED | ANALYSTS,
    "failure.complete": SITE_LIMITED | ANALYSTS,
    "failure.verify": frozenset({QUALITY}),
    "failure.score": frozenset({ENGINEER}),
    "failure.quarantine": frozenset({QUALITY}),
    "failure.contain": frozenset({QUALITY}),
    "failure.close": frozenset({QUALITY, APPROVER}),
    "failure.close_no_action": frozenset({APPROVER}),
    "failure.send_back": ANALYSTS | {APPROVER},
    "failure.reopen": ANALYSTS | {APPROVER},
    "failure.bring_history": NOBODY_ELSE,
    # problems: they reach across sites, so the roles of one site do not see them unless the administrator says so
    "problem.read": OFFICE,
    "problem.open_problem": ANALYSTS,
    "problem.edit": ANALYSTS,
    "problem.assign": ANALYSTS,
    "problem.link_failure": ANALYSTS,
    "problem.unlink_failure": ANALYSTS,
    "problem.analyse": ANALYSTS,
    "problem.decide": frozenset({APPROVER}),
    "problem.spread": ANALYSTS,
    "problem.close": frozenset({APPROVER}),
    "problem.close_unverified": frozenset({APPROVER}),
    "problem.send_back": ANALYSTS | {APPROVER},
    "problem.reopen": ANALYSTS | {APPROVER},
    "problem.bring_history": NOBODY_ELSE,
    # actions
    "action.read": OFFICE,
    "action.plan_action": ANALYSTS,
    "action.edit": ANALYSTS,
    "action.set_criterion": frozenset({ENGINEER}),
    "action.start": ANALYSTS,
    "action.complete": ANALYSTS,
    "action.give_verdict": frozenset({ENGINEER}),
    "action.verify": frozenset({APPROVER}),
    "action.send_back": ANALYSTS | {APPROVER},
    "action.cancel": ANALYSTS | {APPROVER},
    "action.reopen": ANALYSTS | {APPROVER},
    "action.bring_history": NOBODY_ELSE,
    # the register: what sits where, how old it is, what the meters show
    "asset.read": EVERYBODY,
    "system.register": MASTER_DATA,
    "system.edit": MASTER_DATA,
    "system.commission": MASTER_DATA,
    "system.correct_commissioning": MASTER_DATA,
    "system.observe": MASTER_DATA,
    "system.retire": MASTER_DATA | {QUALITY},
    "part.register": MASTER_DATA | {STATION, QUALITY},
    "part.edit": MASTER_DATA | {STATION, QUALITY},
    "part.install": MASTER_DATA | {STATION, QUALITY},
    "part.remove": MASTER_DATA | {STATION, QUALITY},
    "part.move": MASTER_DATA | {STATION, QUALITY},
    "part.swap": MASTER_DATA | {STATION, QUALITY},
    "part.set_condition": MASTER_DATA | {STATION, QUALITY},
    "usage.record": MASTER_DATA | {FIELD, STATION, QUALITY},
    "installation.correct": MASTER_DATA | {QUALITY},
    "installation.retract": MASTER_DATA | {QUALITY},
    "removal.correct": MASTER_DATA | {QUALITY},
    "removal.retract": MASTER_DATA | {QUALITY},
    "reading.correct": MASTER_DATA | {QUALITY},
    "reading.retract": MASTER_DATA | {QUALITY},
    # the catalogue and the organisation
    "catalog.read": EVERYBODY,
    "part_type.add": MASTER_DATA,
    "part_type.edit": MASTER_DATA,
    "metric.add": MASTER_DATA,
    "system_model.add": MASTER_DATA,
    "position.add": MASTER_DATA,
    "position.edit": MASTER_DATA,
    "code.add": MASTER_DATA | {QUALITY},
    "code.edit": MASTER_DATA | {QUALITY},
    "code.retire": MASTER_DATA | {QUALITY},
    "code.restore": MASTER_DATA | {QUALITY},
    "organisation.read": STAFF,
    "site.add": NOBODY_ELSE,
    "site.edit": NOBODY_ELSE,
    "customer.add": NOBODY_ELSE,
    "customer.edit": NOBODY_ELSE,
    "supplier.add": MASTER_DATA,
    "supplier.edit": MASTER_DATA,
    # figures and exchange
    "reliability.read": OFFICE,
    "dashboard.read": OFFICE,
    "exchange.import": NOBODY_ELSE | {ENGINEER},
    "exchange.export": OFFICE,
    # people
    "user.read": NOBODY_ELSE,
    "user.create": NOBODY_ELSE,
    "user.edit": NOBODY_ELSE,
    "user.set_roles": NOBODY_ELSE,
    "user.set_sites": NOBODY_ELSE,
    "user.deactivate": NOBODY_ELSE,
    "user.reactivate": NOBODY_ELSE,
    "user.send_password_link": NOBODY_ELSE,
    "matrix.edit": NOBODY_ELSE,
    "account.change_password": EVERYBODY,
    "account.edit_own": EVERYBODY,
    "account.end_session": EVERYBODY,
    "token.create": frozenset({ENGINEER, ADMIN}),
    "token.revoke": frozenset({ENGINEER, ADMIN}),
}


def of_role(role: Role) -> frozenset[str]:
    """What ``role`` may do in a new organisation."""
    return frozenset(permission for permission, roles in DEFAULT.items() if role in roles)
