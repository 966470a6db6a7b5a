import numpy as np
import pytest

from analytics.errors import InvalidData
from analytics.stress_relations import BOLTZMANN, RELATIONS, known_relation, transformed


def test_boltzmann_within_the_rounding_that_it_names() -> None:
    exact = 1.380649e-23 / 1.602176634e-19
    assert pytest.approx(exact, rel=5e-5) == BOLTZMANN


@pytest.mark.parametrize("relation", sorted(RELATIONS))
def test_more_stress_moves_the_transform_one_way(relation: str) -> None:
    transform, offset = transformed("s", relation, np.linspace(20.0, 200.0, 10), "celsius")
    steps = np.diff(transform)
    assert np.all(steps > 0) if relation == "linear" else np.all(steps < 0)
    assert np.any(offset) == (relation == "eyring")


def test_temperatures_of_every_unit_meet() -> None:
    found = [
        transformed("t", "arrhenius", np.array([value]), unit)[0][0]
        for unit, value in (("celsius", 100.0), ("kelvin", 373.15), ("fahrenheit", 212.0))
    ]
    assert found == pytest.approx([11605.0 / 373.15] * 3)


def test_refusals() -> None:
    with pytest.raises(InvalidData, match="there are linear, reciprocal"):
        known_relation("coffin_manson")
    with pytest.raises(InvalidData, match="volts = 0: the inverse_power") as caught:
        transformed("volts", "inverse_power", np.array([3.0, 0.0, -1.0]), "celsius")
    assert caught.value.rows == (1, 2)
    with pytest.raises(InvalidData, match=r"-280 \(celsius\)"):
        transformed("t", "eyring", np.array([-280.0]), "celsius")
