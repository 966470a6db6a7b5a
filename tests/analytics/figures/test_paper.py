import numpy as np

from analytics import LifeData
from analytics.figures.paper import Paper

EVEN = Paper(lambda failed: 2.0 * failed, 0.01, 0.99, "km")


def test_the_axis_leaves_room_for_the_text_of_its_ticks() -> None:
    axis = EVEN.axis("Failed", [0.5, 1, 50, 52, 99, 99.9])
    assert axis["ticktext"] == ["1", "52", "99"]
    assert np.allclose(axis["tickvals"], [0.02, 1.04, 1.98])
    # A little below the foot, where the survivors stand.
    assert np.allclose(axis["range"], [0.02 - 0.04 * 1.96, 1.98])


def test_points_stand_at_their_fraction_and_say_it() -> None:
    points = EVEN.failures(np.array([3.0]), np.array([0.25]), "Failures", is_open=True)
    assert (points["x"][0], points["y"][0], points["customdata"][0]) == (3.0, 0.5, 25.0)
    assert points["marker"]["symbol"] == "circle-open"
    assert "km" in points["hovertemplate"]
    assert EVEN.failures(np.ones(1), np.ones(1), "", is_open=False)["marker"]["symbol"] == "circle"


def test_survivors_stand_at_the_foot_and_say_how_many() -> None:
    data = LifeData([1.0, 2.0, 5.0], [1, 0, 0], count=[1, 4, 2])
    (ticks,) = EVEN.survivors(data, data.event == 0, "Suspensions")
    assert ticks["x"].tolist() == [2.0, 5.0]
    assert ticks["y"].tolist() == [0.02, 0.02]
    assert ticks["customdata"].tolist() == [4, 2]
    assert EVEN.survivors(data, data.time > 9, "Suspensions") == []
