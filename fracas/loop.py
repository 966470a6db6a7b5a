"""The closed loop on one page. ``wire()`` joins the rooms; the command line, the jobs and the factory all call it.

Three machines, three tiers. A *failure* is what happened, a *problem* is why, an *action* is what is done about it:

    failure   reported > completed > verified > scored > contained > closed
    problem   open > analysed > decided > spread > closed
    action    planned > in progress > completed > verified

Each room keeps its own rules; what one room must know of another is said here and nowhere else, one line a rule.

A failure is closed through its problem: not before the problem has ended. Where there is nothing to investigate an approver
ends it without further action, as no fault found, duplicate or no further action, with a reason.

A problem is closed when it is analysed, decided and spread (its own rules), by an approver who is not its owner, and when it
has at least one action and none that is unverified; cancelled actions do not count, and one that was finished in another
system is not verified here. What cannot meet this is "closed unverified": another verb, another state, counted apart.

An action that carries a closed problem is not reopened behind its back: the problem is reopened first, as its closing
claimed that every action is verified. So in every state that is called "closed" the claim holds. Nor can an action be
planned against an ended problem.

A failure has the mode that was observed, until the analysis of its problem says better.

Who is limited to sites knows the customers who own something there, and no others.

Nothing happens by itself. Closing a problem does not close its failures, it only makes that possible, and the work list offers
it; reopening a problem leaves its closed failures closed, as each was ended by a person, and names them on its page.
Containment work straight after a failure is an action of its own and holds nothing up. A verdict that turns out wrong
is superseded by reopening the action, never overwritten.
"""

from __future__ import annotations

from fracas.actions import gates as actions
from fracas.assets.queries import is_served
from fracas.failures import modes
from fracas.failures.workflow import failure_machine
from fracas.organisations.queries import customers_at_sites
from fracas.problems import gates as problems
from fracas.problems.queries import analysed_mode
from fracas.problems.workflow import problem_machine


def wire() -> None:
    """Hang the rules that need two rooms on the machines. Doing it again changes nothing."""
    failure_machine.gate("close", problems.open_refusal)
    problem_machine.gate("close", actions.unverified_refusal)
    modes.override(analysed_mode)
    customers_at_sites(is_served)
