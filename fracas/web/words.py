"""The words for coded values: every enumeration value, state, verb and role has its text here, once, to translate.

Where one value means two things, the class or the kind of record stands before it: ``ActionState.completed``,
``action.verify``. The words for the names of fields are in `web.fieldwords`.
"""

from __future__ import annotations

import re
from typing import Any

from flask_babel import get_locale, gettext

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
    "FailureState.completed": N_("details complete"),
    "ActionState.verified": N_("effect verified"),
    # how a failure stands in the statistics, and the answers that lead there
    "counted": N_("counted"),
    "excluded": N_("excluded"),
    "unscored": N_("unscored"),
    "count": N_("count"),
    "do_not_count": N_("do not count"),
    "refer": N_("refer to a second scorer"),
    "confirmed": N_("confirmed"),
    "no_fault_found": N_("no fault found"),
    "duplicate": N_("duplicate"),
    "problem_closed": N_("its problem is closed"),
    "no_further_action": N_("no further action"),
    "elsewhere": N_("in another system"),
    # how a number was found
    "mle": N_("maximum likelihood"),
    "rrx": N_("rank regression on X"),
    "rry": N_("rank regression on Y"),
    "calibrated": N_("calibrated"),
    "likelihood_ratio": N_("likelihood ratio"),
    "likelihood ratio": N_("likelihood ratio"),
    "wald": N_("Wald"),
    "chi-square": N_("chi-square"),
    "time terminated": N_("time terminated"),
    "conditional binomial": N_("conditional binomial"),
    "Weibull": N_("Weibull"),
    # the report
    "receiving": N_("receiving inspection"),
    "installation": N_("installation and commissioning"),
    "test": N_("test"),
    "warranty": N_("warranty"),
    "service": N_("service after warranty"),
    "storage": N_("storage"),
    "in_service": N_("in service"),
    "inspection": N_("inspection"),
    "scheduled_maintenance": N_("scheduled maintenance"),
    "monitoring": N_("condition monitoring"),
    "minor": N_("minor"),
    "major": N_("major"),
    "critical": N_("critical"),
    "Severity.none": N_("no effect"),
    "repair": N_("repair"),
    "replace": N_("replacement"),
    "adjust": N_("adjustment"),
    "remove": N_("removal"),
    "preventive": N_("preventive maintenance"),
    "MaintenanceKind.none": N_("nothing done"),
    "as_new": N_("as good as new"),
    "as_old": N_("as bad as old"),
    # the register
    "new": N_("new"),
    "age_stated": N_("with a stated age"),
    "age_unknown": N_("age unknown"),
    "continued": N_("with the age it had"),
    "failure": N_("failure"),
    "RemovalCause.preventive": N_("preventive replacement"),
    "move": N_("moved elsewhere"),
    "cannibalised": N_("taken for another system"),
    "upgrade": N_("upgrade"),
    "retirement": N_("retirement"),
    "serviceable": N_("serviceable"),
    "unserviceable": N_("unserviceable"),
    "quarantined": N_("quarantined"),
    "retired": N_("retired"),
    "Condition.retired": N_("scrapped"),
    "commissioned": N_("commissioned"),
    "observed_from": N_("under observation from"),
    "observed_until": N_("under observation until"),
    "reading": N_("meter reading"),
    "meter_replaced": N_("meter replaced"),
    # what happens to a serial
    "made": N_("made"),
    "installed": N_("installed"),
    "removed": N_("removed"),
    "failed": N_("failed"),
    "restored": N_("restored"),
    "linked": N_("linked to a problem"),
    # codes, analysis and like items
    "symptom": N_("symptom"),
    "mode": N_("failure mode"),
    "mechanism": N_("failure mechanism"),
    "cause": N_("failure cause"),
    "primary": N_("primary"),
    "secondary": N_("secondary"),
    "failed_unit": N_("the failed unit"),
    "installed_units": N_("installed units"),
    "stock": N_("units in stock"),
    "test_units": N_("units under test"),
    "work_in_progress": N_("work in progress"),
    "design_data": N_("design data"),
    "process_data": N_("process data"),
    "mating_equipment": N_("mating equipment"),
    # actions
    "containment": N_("containment"),
    "corrective": N_("corrective action"),
    "ActionType.preventive": N_("preventive action"),
    "effective": N_("effective"),
    "not_effective": N_("not effective"),
    "too_early": N_("too early to tell"),
    # import
    "Outcome.new": N_("new"),
    "changed": N_("changed"),
    "unchanged": N_("already here"),
    "text": N_("text"),
    "number": N_("number"),
    "moment": N_("date and time"),
    "day": N_("date"),
    "yes_no": N_("yes or no"),
    "choice": N_("one of the choices"),
    "ages": N_("ages"),
    "answers": N_("answers of the scoring ladder"),
    "list": N_("list"),
    # roles
    "field_engineer": N_("field engineer"),
    "service_station": N_("service station"),
    "quality": N_("quality"),
    "reliability_engineer": N_("reliability engineer"),
    "approver": N_("approver"),
    "manager": N_("manager"),
    "customer": N_("customer"),
    "administrator": N_("administrator"),
    # kinds of record
    "problem": N_("problem"),
    "action": N_("action"),
    "system": N_("system"),
    "part": N_("part"),
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
    "failure.complete": N_("Complete the report"),
    "verify": N_("Verify"),
    "action.verify": N_("Verify the effect"),
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
    "failure.link_failure": N_("Link to a problem"),
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
    "change": N_("Change"),
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

CODE = re.compile(r"[a-z][a-z0-9_]*")


def word(value: Any) -> str:
    """The text of a coded value in the reader's language; what is no code is shown as it is written."""
    key = str(value)
    text = WORDS.get(f"{type(value).__name__}.{key}") or WORDS.get(key)
    if text is not None:
        return str(gettext(text))
    return key.replace("_", " ") if CODE.fullmatch(key) else key


def method_words(method: str) -> str:
    """How a number was found, in the reader's language: an estimate, its bounds, and what they rest on."""
    return ", ".join(word(part) for part in method.split(", "))


def verb_word(verb: str, kind: str | None = None) -> str:
    """What the button of a verb says; ``kind`` is the kind of record that it is done to."""
    text = VERBS.get(f"{kind}.{verb}") or VERBS.get(verb)
    return str(gettext(text)) if text is not None else verb.replace("_", " ").capitalize()


def code_words(record: Any) -> str:
    """A failure code with its name, in Chinese where the reader reads that and the code has one."""
    in_chinese = record.name_zh if str(get_locale() or "").startswith("zh") else None
    return f"{record.code} {in_chinese or record.name}"
