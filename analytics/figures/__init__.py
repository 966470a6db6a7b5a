"""Statistical pictures: each a function from a result to a plotly figure; plotly is imported when one is
made.

Every figure carries its units, an alternative text in ``layout.meta["alt"]`` and, where a label is given in
`labels`, that label in place of the English one; `LABELS` lists them all. Colours are told apart by
colour-blind readers, and lines and markers differ in shape as well, for black-and-white print.
"""

from analytics.figures.alarm import alarm_chart
from analytics.figures.decisions import before_after, replacement_curve
from analytics.figures.demand import demand_forecast, stock_curve
from analytics.figures.distributions import distribution_paper, likelihood_contour
from analytics.figures.fleet import mcf_curve, mtbf_over_time
from analytics.figures.growth import duane_plot, growth_curve, trend_plot
from analytics.figures.lifetimes import density_curve, hazard_curve, reliability_curve, weibull_paper
from analytics.figures.modes import competing_modes
from analytics.figures.planning import failure_fan, spares_trade_off
from analytics.figures.stress import life_against_stress
from analytics.figures.style import LABELS

__all__ = [
    "LABELS",
    "alarm_chart",
    "before_after",
    "competing_modes",
    "demand_forecast",
    "density_curve",
    "distribution_paper",
    "duane_plot",
    "failure_fan",
    "growth_curve",
    "hazard_curve",
    "life_against_stress",
    "likelihood_contour",
    "mcf_curve",
    "mtbf_over_time",
    "reliability_curve",
    "replacement_curve",
    "spares_trade_off",
    "stock_curve",
    "trend_plot",
    "weibull_paper",
]
