import numpy as np
import pytest

from analytics import CompetingRisksFit, InvalidData, LifeData, fit_competing_risks
from analytics.figures import competing_modes


@pytest.fixture
def fit() -> CompetingRisksFit:
    data = LifeData([6700, 7820, 9120, 9660, 11310, 12200, 13150, 14300, 20000], [1] * 8 + [0], unit="km")
    return fit_competing_risks(data, [*"abaababb", ""])


def test_the_modes_add_up_to_the_whole(fit: CompetingRisksFit) -> None:
    whole, first, second = competing_modes(fit).data
    assert np.array(first.y) + np.array(second.y) == pytest.approx(np.array(whole.y), abs=1e-9)
    assert (first.name, second.name) == fit.modes


def test_print_tells_the_modes_apart(fit: CompetingRisksFit) -> None:
    _, first, second = competing_modes(fit).data
    assert first.line.dash != second.line.dash
    assert first.marker.symbol != second.marker.symbol


def test_units_numbers_and_alternative_text(fit: CompetingRisksFit) -> None:
    drawn = competing_modes(fit, until=12_000)
    assert drawn.layout.xaxis.title.text == "Age (km)"
    assert drawn.layout.annotations[0].text.startswith("a: weibull, eta = ")
    share = float(fit.mode_probability("a", 12_000))
    assert f"by 12,000 km: a {100 * share:.1f} %" in drawn.layout.meta["alt"]
    with pytest.raises(InvalidData, match="until"):
        competing_modes(fit, until=0)
