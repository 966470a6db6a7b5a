"""Reliability mathematics: arrays in, frozen results out.

No database, no web, no printing, no global state. Every public name below is loaded on first use (PEP 562),
so that ``import analytics`` costs nothing but numpy: lifelines, pandas and plotly together take seconds.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analytics.accelerated import AcceleratedLifeFit as AcceleratedLifeFit
    from analytics.aft import fit_aft as fit_aft
    from analytics.alarm import RisingRates as RisingRates
    from analytics.alarm import rising_rate_alarm as rising_rate_alarm
    from analytics.before_after import BeforeAfter as BeforeAfter
    from analytics.before_after import compare_before_after as compare_before_after
    from analytics.comparison import DistributionComparison as DistributionComparison
    from analytics.comparison import compare_distributions as compare_distributions
    from analytics.competing_risks import CompetingRisksFit as CompetingRisksFit
    from analytics.competing_risks import fit_competing_risks as fit_competing_risks
    from analytics.cox import fit_cox as fit_cox
    from analytics.cox_fit import CoxFit as CoxFit
    from analytics.cumulative_hazard import CumulativeHazardCurve as CumulativeHazardCurve
    from analytics.cumulative_hazard import nelson_aalen as nelson_aalen
    from analytics.demand_comparison import DemandComparison as DemandComparison
    from analytics.demand_comparison import compare_demand_forecasts as compare_demand_forecasts
    from analytics.demonstration import DemonstrationPlan as DemonstrationPlan
    from analytics.demonstration import plan_demonstration_test as plan_demonstration_test
    from analytics.distribution_fit import DistributionFit as DistributionFit
    from analytics.distributions import fit_distribution as fit_distribution
    from analytics.distributions import fit_lognormal as fit_lognormal
    from analytics.distributions import fit_weibull3 as fit_weibull3
    from analytics.downtime import AvailabilityEstimate as AvailabilityEstimate
    from analytics.downtime import MttrEstimate as MttrEstimate
    from analytics.downtime import availability as availability
    from analytics.downtime import mttr as mttr
    from analytics.duane import DuaneFit as DuaneFit
    from analytics.duane import McfCurve as McfCurve
    from analytics.duane import fit_duane as fit_duane
    from analytics.duane import fit_mcf_curve as fit_mcf_curve
    from analytics.echelons import EchelonPlan as EchelonPlan
    from analytics.echelons import multi_echelon as multi_echelon
    from analytics.errors import AnalyticsError as AnalyticsError
    from analytics.errors import InvalidData as InvalidData
    from analytics.errors import NoFiniteMaximum as NoFiniteMaximum
    from analytics.errors import NotConverged as NotConverged
    from analytics.errors import NotEnoughFailures as NotEnoughFailures
    from analytics.errors import NotLives as NotLives
    from analytics.errors import WrongType as WrongType
    from analytics.eventhistories import EventHistories as EventHistories
    from analytics.exponential import ExponentialFit as ExponentialFit
    from analytics.exponential import fit_exponential as fit_exponential
    from analytics.failure_forecast import FailureForecast as FailureForecast
    from analytics.failure_forecast import forecast_failures as forecast_failures
    from analytics.fleet import fit_fleet as fit_fleet
    from analytics.groupedevents import GroupedEvents as GroupedEvents
    from analytics.growth import GrowthProjection as GrowthProjection
    from analytics.growth import project_growth as project_growth
    from analytics.intermittent import IntermittentForecast as IntermittentForecast
    from analytics.intermittent import croston as croston
    from analytics.life_stress import fit_life_stress as fit_life_stress
    from analytics.lifedata import LifeData as LifeData
    from analytics.limited import fit_limited_failure_population as fit_limited_failure_population
    from analytics.log_rank import LogRankTest as LogRankTest
    from analytics.log_rank import log_rank_test as log_rank_test
    from analytics.loglinear import LogLinearFit as LogLinearFit
    from analytics.loglinear import fit_loglinear as fit_loglinear
    from analytics.mixtures import MixtureFit as MixtureFit
    from analytics.mixtures import fit_mixture as fit_mixture
    from analytics.nonparametric import SurvivalCurve as SurvivalCurve
    from analytics.nonparametric import kaplan_meier as kaplan_meier
    from analytics.powerlaw import fit_power_law as fit_power_law
    from analytics.powerlaw_checks import equal_shapes as equal_shapes
    from analytics.powerlaw_fit import PowerLawFit as PowerLawFit
    from analytics.renewalprocess import RenewalProcessFit as RenewalProcessFit
    from analytics.renewalprocess import fit_renewal_process as fit_renewal_process
    from analytics.repairable import MeanCumulativeFunction as MeanCumulativeFunction
    from analytics.repairable import mean_cumulative_function as mean_cumulative_function
    from analytics.replacement import ReplacementPlan as ReplacementPlan
    from analytics.replacement import optimal_replacement as optimal_replacement
    from analytics.results import Interval as Interval
    from analytics.results import Result as Result
    from analytics.single_period import NewsvendorStock as NewsvendorStock
    from analytics.single_period import newsvendor as newsvendor
    from analytics.spares import DemandForecast as DemandForecast
    from analytics.spares import forecast_spares as forecast_spares
    from analytics.spares_budget import SparesPlan as SparesPlan
    from analytics.spares_budget import optimise_spares as optimise_spares
    from analytics.stock import StockLevel as StockLevel
    from analytics.stock import stock_for_service_level as stock_for_service_level
    from analytics.trend import TrendTests as TrendTests
    from analytics.trend import trend_tests as trend_tests
    from analytics.uptime import MtbfEstimate as MtbfEstimate
    from analytics.uptime import mtbf as mtbf
    from analytics.warranty import ReturnsForecast as ReturnsForecast
    from analytics.warranty import WarrantyReturns as WarrantyReturns
    from analytics.warranty import warranty_from_nevada as warranty_from_nevada
    from analytics.weibayes_fit import WeibayesFit as WeibayesFit
    from analytics.weibayes_fit import weibayes as weibayes
    from analytics.weibull import fit_weibull as fit_weibull
    from analytics.weibull_fit import WeibullFit as WeibullFit

# Public name -> module that defines it. The TYPE_CHECKING block above says the same to type checkers;
# tests/analytics/test_public_names.py holds the two together.
MODULE_OF = {
    "AcceleratedLifeFit": "accelerated",
    "AnalyticsError": "errors",
    "AvailabilityEstimate": "downtime",
    "BeforeAfter": "before_after",
    "CompetingRisksFit": "competing_risks",
    "CoxFit": "cox_fit",
    "CumulativeHazardCurve": "cumulative_hazard",
    "DemandComparison": "demand_comparison",
    "DemandForecast": "spares",
    "DemonstrationPlan": "demonstration",
    "DistributionComparison": "comparison",
    "DistributionFit": "distribution_fit",
    "DuaneFit": "duane",
    "EchelonPlan": "echelons",
    "EventHistories": "eventhistories",
    "ExponentialFit": "exponential",
    "FailureForecast": "failure_forecast",
    "GroupedEvents": "groupedevents",
    "GrowthProjection": "growth",
    "IntermittentForecast": "intermittent",
    "Interval": "results",
    "InvalidData": "errors",
    "LifeData": "lifedata",
    "LogLinearFit": "loglinear",
    "LogRankTest": "log_rank",
    "McfCurve": "duane",
    "MeanCumulativeFunction": "repairable",
    "MixtureFit": "mixtures",
    "MtbfEstimate": "uptime",
    "MttrEstimate": "downtime",
    "NewsvendorStock": "single_period",
    "NoFiniteMaximum": "errors",
    "NotConverged": "errors",
    "NotEnoughFailures": "errors",
    "NotLives": "errors",
    "PowerLawFit": "powerlaw_fit",
    "RenewalProcessFit": "renewalprocess",
    "ReplacementPlan": "replacement",
    "Result": "results",
    "ReturnsForecast": "warranty",
    "RisingRates": "alarm",
    "SparesPlan": "spares_budget",
    "StockLevel": "stock",
    "SurvivalCurve": "nonparametric",
    "TrendTests": "trend",
    "WarrantyReturns": "warranty",
    "WeibayesFit": "weibayes_fit",
    "WeibullFit": "weibull_fit",
    "WrongType": "errors",
    "availability": "downtime",
    "compare_before_after": "before_after",
    "compare_demand_forecasts": "demand_comparison",
    "compare_distributions": "comparison",
    "croston": "intermittent",
    "equal_shapes": "powerlaw_checks",
    "fit_aft": "aft",
    "fit_competing_risks": "competing_risks",
    "fit_cox": "cox",
    "fit_distribution": "distributions",
    "fit_duane": "duane",
    "fit_exponential": "exponential",
    "fit_fleet": "fleet",
    "fit_life_stress": "life_stress",
    "fit_limited_failure_population": "limited",
    "fit_loglinear": "loglinear",
    "fit_lognormal": "distributions",
    "fit_mcf_curve": "duane",
    "fit_mixture": "mixtures",
    "fit_power_law": "powerlaw",
    "fit_renewal_process": "renewalprocess",
    "fit_weibull": "weibull",
    "fit_weibull3": "distributions",
    "forecast_failures": "failure_forecast",
    "forecast_spares": "spares",
    "kaplan_meier": "nonparametric",
    "log_rank_test": "log_rank",
    "mean_cumulative_function": "repairable",
    "mtbf": "uptime",
    "mttr": "downtime",
    "multi_echelon": "echelons",
    "nelson_aalen": "cumulative_hazard",
    "newsvendor": "single_period",
    "optimal_replacement": "replacement",
    "optimise_spares": "spares_budget",
    "plan_demonstration_test": "demonstration",
    "project_growth": "growth",
    "rising_rate_alarm": "alarm",
    "stock_for_service_level": "stock",
    "trend_tests": "trend",
    "warranty_from_nevada": "warranty",
    "weibayes": "weibayes_fit",
}

__all__ = list(MODULE_OF)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    module = MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *MODULE_OF})
