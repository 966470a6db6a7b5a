"""How a stress moves the logarithm of life: each relation of the trade as a transform whose slope is its own parameter."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analytics.errors import InvalidData
from analytics.results import FloatArray

TemperatureUnit = Literal["celsius", "kelvin", "fahrenheit"]

# Boltzmann's constant in eV/K, as Meeker and Escobar and with them the trade's published results round its inverse. The SI
# says 11604.518, 4 parts in 100,000 less: far inside the error of any activation energy, but not inside its printed digits.
BOLTZMANN = 1.0 / 11605.0


@dataclass(frozen=True)
class Relation:
    """Log life is ``offset(s) + slope * transform(s)`` plus a constant, for a stress s (kelvin where `is_thermal`).

    `needs` says in words which stresses have a transform, where not all do.
    """

    transform: Callable[[FloatArray], FloatArray]
    offset: Callable[[FloatArray], FloatArray] = np.zeros_like
    is_thermal: bool = False
    needs: str = ""


RELATIONS: Mapping[str, Relation] = {
    "linear": Relation(lambda s: s),
    "reciprocal": Relation(lambda s: 1.0 / s, needs="above 0"),
    "inverse_power": Relation(lambda s: -np.log(s), needs="above 0"),
    "arrhenius": Relation(lambda s: 1.0 / (BOLTZMANN * s), is_thermal=True, needs="above absolute zero"),
    "eyring": Relation(
        lambda s: 1.0 / (BOLTZMANN * s),
        lambda s: -np.log(s),
        is_thermal=True,
        needs="above absolute zero",
    ),
}

KELVIN: Mapping[str, Callable[[FloatArray], FloatArray]] = {
    "celsius": lambda t: t + 273.15,
    "kelvin": lambda t: t,
    "fahrenheit": lambda t: (t - 32.0) / 1.8 + 273.15,
}


def known_relation(name: str) -> Relation:
    """The relation of a name.

    Raises
    ------
    InvalidData
        If there is none.
    """
    if name not in RELATIONS:
        raise InvalidData(f"no life-stress relation is called {name!r}; there are {', '.join(RELATIONS)}")
    return RELATIONS[name]


def transformed(
    name: str, relation: str, stress: FloatArray, temperature_unit: str
) -> tuple[FloatArray, FloatArray]:
    """The transform and the offset of each stress.

    Raises
    ------
    InvalidData
        If the relation has no meaning at a stress, with the positions of those stresses.
    """
    rule = known_relation(relation)
    level = KELVIN[temperature_unit](stress) if rule.is_thermal else stress
    rows = np.flatnonzero(level <= 0.0) if rule.needs else np.array([], dtype=int)
    if rows.size:
        of_unit = f" ({temperature_unit})" if rule.is_thermal else ""
        raise InvalidData(
            f"{name} = {stress[rows[0]]:g}{of_unit}: the {relation} relation needs stresses {rule.needs}",
            rows.tolist(),
        )
    return rule.transform(level), rule.offset(level)
