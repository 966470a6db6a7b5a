"""What the mathematics has to say, in words that can be translated.

`analytics` knows nothing of languages: its warnings and refusals are English sentences. Here each has its msgid, and
:func:`recognised` finds which one a sentence is; one that is not here stays as it is.
"""

from __future__ import annotations

import re

from fracas.core.errors import Finding
from fracas.core.words import N_
from fracas.reliability.lifetable import REPAIRED
from fracas.reliability.quantities import Note

REMARKS = (
    # fits
    N_(
        "a Weibull fit needs at least 2 failures, the data hold %(failures)s; an MTBF bound (mtbf) or an assumed shape "
        "(Weibayes) can still be had"
    ),
    N_(
        "only %(failures)s failures: Wald and likelihood-ratio bounds hold the truth less often than their nominal "
        "confidence says (below about 10 failures), and the estimate of beta tends to be too high"
    ),
    N_("only %(failures)s failures: the estimate of beta tends to be too high"),
    N_(
        "how long the failed units would have been watched is not known (planned_exit); the calibration of the bounds "
        "takes it from the units that did not fail"
    ),
    N_("calibrated bounds do not exist for right-truncated data; use likelihood-ratio bounds"),
    N_(
        "the bounds come from the information matrix at the rank-regression estimate, which is not the maximum of the "
        "likelihood; they are customary but approximate"
    ),
    N_("no bounds: the information at the rank-regression estimate is not positive definite"),
    N_("every failure happened at the same age, so no line can be drawn through the points"),
    N_("a probability plot needs failures; there is none"),
    N_("a line needs failures at two different ages at least"),
    N_(
        "every failure happened at the last age at which anything was at risk, so the likelihood rises without end "
        "as beta grows; check for rounded or batch-wise recorded ages, or assume beta (Weibayes)"
    ),
    N_(
        "the likelihood rises without end as beta goes to 0: every record entered late, and the failures show a "
        "falling rate steeper than any Weibull; records that begin at age 0 are needed"
    ),
    N_("the likelihood rises without end as beta grows: the failures lie too close together"),
    N_(
        "the likelihood rises without end towards a boundary (beta or eta goes to 0 or infinity): the data do not hold "
        "enough information on when failures happen for two parameters"
    ),
    N_("the search for the maximum of the Weibull likelihood did not end in a verified maximum"),
    N_("the search for a likelihood-ratio bound did not end; use Wald bounds for these data"),
    # rates
    N_("there was no failure, so there is no point estimate; ask for an interval"),
    N_("the records hold no exposure at all, so nothing can be said about a rate"),
    N_(
        "no further exposure shows success with probability %(power)s if the true ratio is %(ratio)s: the failures before "
        "are too few, or the failures after too many"
    ),
    N_("with no failures only the chi-square bound of a time-terminated test exists"),
    N_("no failures: a one-sided bound, no estimate"),
    N_(
        "no record shows a part that was good for any time, so the likelihood rises without end as theta goes to 0"
    ),
    N_("the data do not bound the rate: the likelihood rises without end as theta grows"),
    N_("the search for the maximum of the exponential likelihood did not end"),
    N_("no failures: no point estimate and no upper bound, a one-sided lower bound is given"),
    N_("observation cannot have ended at a failure when there was none"),
    N_("without failures the MTBF has no upper bound; ask for side='lower'"),
    # curves
    N_("nothing failed, so the curve is 1 throughout and has no bounds; see mtbf for a bound"),
    N_(
        "the curve falls to 0 at age %(age)s because all %(units)s units then at risk failed, though others, which "
        "entered later, lived longer; take a start age with more units at risk"
    ),
    N_("nothing has accumulated by %(time)s; there are no bounds to give"),
    N_(
        "no events in %(exposure)s: the mean cumulative function is 0; mtbf(0, exposure) gives a lower bound on the "
        "time between events"
    ),
    N_(
        "only one system: a single history shows no variance between systems, so the bounds are the curve itself"
    ),
    N_("only %(systems)s systems: the variance between systems is itself uncertain"),
    N_("only one system is at risk at %(time)s: its steps add nothing to the variance"),
    # repair and availability
    N_("quantiles of repair time need at least two repairs"),
    N_("no repair among %(records)s records; there is no time to repair to estimate"),
    N_("one repair only: its spread is unknown, so there are no bounds"),
    N_("every repair took no time: there are no bounds"),
    N_("%(repairs)s repairs of zero length: not lognormal, the bounds are a t interval"),
    N_("repair times are not lognormal (their mean lies outside its bounds): the bounds are a t interval"),
    N_("no failures in %(exposure)s: availability has no estimate from times between failures"),
    N_("a bound of the time between failures or of the time to repair is missing"),
    # spares
    N_("the estimated parameters are taken as the truth: the forecast is narrower than the data allow"),
    # before and after a change
    N_("nothing failed before, so nothing can be shown to have become better"),
    N_("few failures: likelihood-ratio bounds hold less often than their nominal confidence says"),
    N_(
        "the shapes before and after differ (p = %(p)s): one ratio does not describe the change; compare both fits"
    ),
    N_("the lives hold %(failures)s failures together; a Weibull comparison needs at least 2"),
    N_(
        "the search for a likelihood-ratio bound did not end: with one number held fixed the best other parameters lie at "
        "infinity or could not be found; use Wald bounds for these data"
    ),
    N_("the search for Turnbull's estimate did not end"),
    N_(
        "few failures, and the fit carries no data to weigh its parameters by: they are drawn from a normal distribution"
    ),
    # our own, where only the sentence is kept
    N_("There is no life of known age to fit."),
    REPAIRED,
)


def _pattern(msgid: str) -> re.Pattern[str]:
    pieces = re.split(r"%\((\w+)\)s", msgid)
    return re.compile(
        "".join(f"(?P<{piece}>.+?)" if odd % 2 else re.escape(piece) for odd, piece in enumerate(pieces))
    )


_PATTERNS = [(msgid, _pattern(msgid)) for msgid in REMARKS]


def recognised(sentence: str) -> Note:
    """The sentence as msgid and parameters, where it is one of `REMARKS`."""
    for msgid, pattern in _PATTERNS:
        found = pattern.fullmatch(sentence)
        if found is not None:
            return Finding(msgid, params=found.groupdict())
    return sentence
