import json
import math
import pickle
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from analytics.errors import InvalidData
from analytics.results import Counts, FloatArray, Interval, Result, facts_without_data, tail_probabilities


@dataclass(frozen=True, eq=False, kw_only=True)
class Sample(Result):
    curve: FloatArray
    maybe: FloatArray | None = None
    bound: Interval | None = None
    pairs: tuple[tuple[str, float], ...] = ()


def sample(**changes: object) -> Sample:
    settings: dict[str, object] = {
        "method": "m",
        "unit": "h",
        "confidence": 0.9,
        "counts": Counts(records=3, failures=2),
        "exposure": 12.5,
        "fingerprint": "f",
        "warnings": ("careful",),
        "curve": np.array([1.0, math.nan, math.inf]),
        "bound": Interval(1.0, None, 0.9, "lower", "chi_square"),
        "pairs": (("a", 1.0),),
    }
    return Sample(**(settings | changes))  # type: ignore[arg-type]


def test_json_round_trip_keeps_every_field() -> None:
    before = sample()
    after = Result.from_json(before.to_json())
    assert isinstance(after, Sample)
    assert after == before
    assert after.curve.tolist()[2] == math.inf
    assert after.bound == before.bound
    assert after.pairs == (("a", 1.0),)
    assert after.maybe is None


def test_json_is_strict() -> None:
    def refuse(token: str) -> None:
        raise AssertionError(token)

    json.loads(sample().to_json(), parse_constant=refuse)


def test_results_differ_when_a_number_does() -> None:
    assert sample() != sample(curve=np.array([1.0, 2.0, 3.0]))
    assert sample() != "something else"
    assert hash(sample()) == hash(sample())


def test_only_its_own_data_belong_to_a_result() -> None:
    sample().check_made_from(sample())
    with pytest.raises(InvalidData, match="fingerprints differ"):
        sample().check_made_from(sample(fingerprint="g"))


def test_arrays_are_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        sample().curve[0] = 5.0


def test_unknown_or_incomplete_documents_are_refused() -> None:
    with pytest.raises(InvalidData, match="'Nothing'"):
        Result.from_dict({"result": "Nothing"})
    with pytest.raises(InvalidData, match="not a complete Sample"):
        Result.from_dict({"result": "Sample", "method": "m"})


@pytest.mark.parametrize("text", ["", "{", "null", "[1]", "NaN", '"x"', None])
def test_what_is_no_document_is_refused(text: Any) -> None:
    with pytest.raises(InvalidData):
        Result.from_json(text)


def test_a_pickle_keeps_the_fields_read_only_and_drops_what_was_worked_out() -> None:
    before = sample()
    before.__dict__["worked out"] = lambda: None
    after = pickle.loads(pickle.dumps(before))
    assert after == before
    assert "worked out" not in after.__dict__
    assert not after.curve.flags.writeable


def test_a_document_of_another_class_is_refused() -> None:
    from analytics import WeibullFit

    with pytest.raises(InvalidData, match="not a WeibullFit"):
        WeibullFit.from_dict(sample().to_dict())


@pytest.mark.parametrize(
    ("side", "expected"), [("two", (0.05, 0.05)), ("lower", (0.1, 0.0)), ("upper", (0.0, 0.1))]
)
def test_tails(side: str, expected: tuple[float, float]) -> None:
    assert tail_probabilities(0.9, side) == pytest.approx(expected)  # type: ignore[arg-type]


@pytest.mark.parametrize(("confidence", "side"), [(0.0, "two"), (1.0, "two"), (90, "two"), (0.9, "both")])
def test_refused_confidence(confidence: float, side: str) -> None:
    with pytest.raises(InvalidData):
        tail_probabilities(confidence, side)  # type: ignore[arg-type]


def test_interval_knows_what_it_holds() -> None:
    assert 5.0 in Interval(1.0, None, 0.9, "lower")
    assert 0.5 not in Interval(1.0, None, 0.9, "lower")
    assert 3.0 not in Interval(None, 2.0, 0.9, "upper")


def test_a_plan_without_data_is_told_by_what_it_was_made_of() -> None:
    one = Sample(**facts_without_data("m", np.array([1.0, 2.0]), 3.0), curve=np.zeros(1))
    assert one.counts == Counts(records=0, failures=0)
    assert one.fingerprint == facts_without_data("m", np.array([1.0, 2.0]), 3.0)["fingerprint"]
    assert one.fingerprint != facts_without_data("m", np.array([1.0, 2.0]), 4.0)["fingerprint"]


@pytest.mark.parametrize("confidence", ["0.9", None, [0.9], np.array([0.9])])
def test_a_confidence_that_is_no_number_is_refused_by_name(confidence: object) -> None:
    with pytest.raises(InvalidData, match="confidence must lie"):
        tail_probabilities(confidence)  # type: ignore[arg-type]
