"""The words for coded values: every enumeration value, state, verb and role has its text here, once, to translate."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext

from fracas.core.words import N_

WORDS: dict[str, str] = {
    # states
    "reported": N_("reported"),
    "completed": N_("completed"),
    "verified": N_("verified"),
    "scored": N_("scored"),
    "contained": N_("contained"),
    "closed": N_("closed"),
    "closed_elsewhere": N_("closed elsewhere"),
    "closed_unverified": N_("closed unverified"),
    "open": N_("open"),
    "analysed": N_("analysed"),
    "decided": N_("decided"),
    "spread": N_("like items reviewed"),
    "planned": N_("planned"),
    "in_progress": N_("in progress"),
    "cancelled": N_("cancelled"),
    # roles
    "field_engineer": N_("field engineer"),
    "service_station": N_("service station"),
    "quality": N_("quality"),
    "reliability_engineer": N_("reliability engineer"),
    "approver": N_("approver"),
    "manager": N_("manager"),
    "customer": N_("customer"),
    "administrator": N_("administrator"),
    # what permissions are about
    "kind.account": N_("Own account"),
    "kind.action": N_("Actions"),
    "kind.asset": N_("Register of systems and parts"),
    "kind.catalog": N_("Catalogue"),
    "kind.code": N_("Failure codes"),
    "kind.customer": N_("Customers"),
    "kind.dashboard": N_("Dashboards"),
    "kind.exchange": N_("Import and export"),
    "kind.failure": N_("Failures"),
    "kind.installation": N_("Installations"),
    "kind.matrix": N_("This table"),
    "kind.metric": N_("Usage metrics"),
    "kind.organisation": N_("Sites, customers and suppliers"),
    "kind.part": N_("Parts"),
    "kind.part_type": N_("Part types"),
    "kind.position": N_("Positions"),
    "kind.problem": N_("Problems"),
    "kind.reading": N_("Usage readings"),
    "kind.reliability": N_("Reliability figures"),
    "kind.removal": N_("Removals"),
    "kind.site": N_("Sites"),
    "kind.supplier": N_("Suppliers"),
    "kind.system": N_("Systems"),
    "kind.system_model": N_("System models"),
    "kind.token": N_("API tokens"),
    "kind.usage": N_("Usage"),
    "kind.user": N_("People"),
    # languages
    "en": "English",
    "zh_Hans": "简体中文",
    # yes and no
    "yes": N_("yes"),
    "no": N_("no"),
    "unsure": N_("not sure"),
    "none": N_("none"),
    "other": N_("other"),
}

VERBS: dict[str, str] = {
    "file": N_("Report a failure"),
    "amend": N_("Amend the report"),
    "attach": N_("Attach a photo or document"),
    "complete": N_("Complete"),
    "verify": N_("Verify"),
    "score": N_("Score"),
    "quarantine": N_("Quarantine serials"),
    "contain": N_("Contain"),
    "close": N_("Close"),
    "close_no_action": N_("Close without further action"),
    "send_back": N_("Send back one stage"),
    "reopen": N_("Reopen"),
    "open_problem": N_("Open a problem"),
    "edit": N_("Edit"),
    "assign": N_("Assign an owner"),
    "link_failure": N_("Link a failure"),
    "unlink_failure": N_("Unlink a failure"),
    "analyse": N_("Analyse"),
    "decide": N_("Record the board's decision"),
    "spread": N_("Review like items"),
    "close_unverified": N_("Close unverified"),
    "plan_action": N_("Plan an action"),
    "set_criterion": N_("Set the criterion"),
    "start": N_("Start"),
    "give_verdict": N_("Give a verdict"),
    "cancel": N_("Cancel the action"),
    "read": N_("See"),
    "create": N_("Add"),
    "add": N_("Add"),
    "set_roles": N_("Set roles"),
    "set_sites": N_("Set sites"),
    "deactivate": N_("Deactivate"),
    "reactivate": N_("Reactivate"),
    "send_password_link": N_("Make a password link"),
    "set_password": N_("Set the password"),
    "ask_for_password_link": N_("Ask for a password link"),
    "change_password": N_("Change the password"),
    "edit_own": N_("Edit own name and language"),
    "end_session": N_("End own sessions"),
    "revoke": N_("Revoke"),
    "bring_history": N_("Bring history from elsewhere"),
    "commission": N_("Commission"),
    "correct": N_("Correct"),
    "correct_commissioning": N_("Correct the commissioning"),
    "export": N_("Export"),
    "import": N_("Import"),
    "install": N_("Install"),
    "move": N_("Move"),
    "observe": N_("Set the window of observation"),
    "record": N_("Record"),
    "register": N_("Register"),
    "remove": N_("Remove"),
    "restore": N_("Take into use again"),
    "retire": N_("Retire"),
    "retract": N_("Retract"),
    "set_condition": N_("Set the condition"),
    "swap": N_("Swap"),
}


def word(value: Any) -> str:
    """The text of a coded value in the reader's language; an unknown one is shown as it is written."""
    key = str(value)
    return str(gettext(WORDS.get(key, key.replace("_", " "))))


def verb_word(verb: str) -> str:
    """What the button of a verb says."""
    return str(gettext(VERBS.get(verb, verb.replace("_", " ").capitalize())))
