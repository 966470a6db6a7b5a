import string
import subprocess
import sys

import numpy as np
import pytest

from analytics import InvalidData
from analytics.figures.style import (
    LABELS,
    Words,
    ages_until,
    band_traces,
    corner,
    figure,
    line,
    log_axis,
    marks,
    number,
    percent,
    upright,
    whole_axis,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (float("inf"), "–"),
        (0.0, "0"),
        (0.00123, "0.00123"),
        (1.2345, "1.23"),
        (54.321, "54.3"),
        (999.4, "999"),
        (1234.56, "1,235"),
        (123_456, "123,500"),
        (2.5e-6, "2.50e-06"),
        (3.2e9, "3.20e+09"),
    ],
)
def test_numbers_as_a_person_reads_them(value: float | None, text: str) -> None:
    assert number(value) == text


def test_percentages() -> None:
    assert [percent(share) for share in (0.9, 0.95412, 0.999, 1.0)] == ["90 %", "95.41 %", "99.9 %", "100 %"]


def test_labels_of_the_caller_take_the_place_of_the_english_ones() -> None:
    words = Words({"age": "使用时间（{unit}）"})
    assert words("age", unit="h") == "使用时间（h）"
    assert words("period") == LABELS["period"]


def test_a_label_that_no_figure_has_is_refused() -> None:
    with pytest.raises(InvalidData, match=r"unknown figure labels \['agee'\]"):
        Words({"agee": "Age"})


def test_labels_use_named_places_only() -> None:
    for text in LABELS.values():
        fields = [field for _, field, _, _ in string.Formatter().parse(text) if field is not None]
        assert all(field.isidentifier() for field in fields)


def test_a_band_has_two_edges_and_an_open_one_has_one() -> None:
    x = np.array([1.0, 2.0])
    both = band_traces(x, x - 1, x + 1, "90 %")
    assert [trace.get("fill") for trace in both] == [None, "tonexty"]
    assert [trace["showlegend"] for trace in both] == [True, False]
    assert len(band_traces(x, x, None, "90 %")) == 1
    assert band_traces(x, None, None, "90 %") == []


def test_a_log_axis_writes_its_ticks_out() -> None:
    axis = log_axis("Age", 300, 20_000)
    assert {"500", "1,000", "2,000", "10,000"} <= set(axis["ticktext"])
    assert axis["range"] == pytest.approx([np.log10(300), np.log10(20_000)])
    assert len(log_axis("Age", 1e-3, 1e6)["tickvals"]) == 10


def test_whole_numbers_have_whole_ticks() -> None:
    assert whole_axis("Period", 3)["dtick"] == 1
    assert whole_axis("Period", 40)["dtick"] is None


def test_ages_of_a_curve_begin_after_its_start_and_end_where_asked() -> None:
    ages = ages_until(None, 10.0, start=2.0)
    assert ages[0] > 2.0
    assert ages[-1] == 10.0
    assert ages_until(5.0, 10.0)[-1] == 5.0
    with pytest.raises(InvalidData, match="positive age above 2"):
        ages_until(1.0, 10.0, start=2.0)


def test_an_upright_line_goes_through_the_whole_plot() -> None:
    line = upright(3.0, dash="dash", colour="black")
    assert (line["x0"], line["x1"], line["y0"], line["y1"], line["yref"]) == (3.0, 3.0, 0, 1, "paper")


def test_lines_and_points_differ_without_colour() -> None:
    dashed = line([0, 1], [2, 3], "Run to failure", dash="dash", hoverinfo="skip")
    assert (dashed["mode"], dashed["line"]["dash"], dashed["hoverinfo"]) == ("lines", "dash", "skip")
    assert "line" not in marks([0], [1], "Failures")["marker"]
    assert marks([0], [1], "Suspensions", symbol="triangle-up-open")["marker"]["line"] == {"width": 1.5}


def test_the_numbers_stand_in_a_box() -> None:
    made = figure([], alt="Nothing.", xaxis={}, yaxis={}, numbers=["a = 1", "b = 2"], at=(0.98, 0.05))
    [box] = made.layout.annotations
    assert (box.text, box.x, box.xanchor, box.yanchor) == ("a = 1<br>b = 2", 0.98, "right", "bottom")
    assert not figure([], alt="Nothing.", xaxis={}, yaxis={}).layout.annotations


def test_a_figure_has_its_alternative_text() -> None:
    made = figure(
        [{"type": "scatter", "x": [1], "y": [2]}],
        alt="One point.",
        xaxis={},
        yaxis={},
        annotations=[corner(["n = 1"])],
    )
    assert made.layout.meta["alt"] == "One point."
    assert made.layout.annotations[0].text == "n = 1"


def test_one_of_a_thing_is_singular() -> None:
    words = Words(None)
    assert words("systems", systems=1, events=12) == "1 system, 12 events"
    assert words("systems", systems=21, events=1) == "21 systems, 1 event"
    assert words("counts", failures=1, suspensions="0.1") == "1 failure, 0.1 suspensions"
    assert Words({"systems": "{systems} Systeme"})("systems", systems=1, events=1) == "1 Systeme"


HALF_IMPORTED = """
import importlib.abc, sys, threading, time
from analytics.figures.style import figure

begun = threading.Event()

class Slow(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "pandas.core.api":
            begun.set()
            time.sleep(0.5)

sys.meta_path.insert(0, Slow())
threading.Thread(target=__import__, args=("pandas",)).start()
assert begun.wait(60)
figure([{"type": "bar", "x": [1.0], "y": [2.0]}], alt="", xaxis={}, yaxis={})
"""


def test_a_figure_is_drawn_while_another_thread_imports_pandas() -> None:
    done = subprocess.run([sys.executable, "-c", HALF_IMPORTED], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
