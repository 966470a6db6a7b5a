import pytest

from analytics.errors import (
    AnalyticsError,
    InvalidData,
    NoFiniteMaximum,
    NotConverged,
    NotEnoughFailures,
    WrongType,
)


def test_invalid_data_names_its_rows() -> None:
    error = InvalidData("row 3: bad", [3])
    assert error.rows == (3,)
    assert str(error) == "row 3: bad"


@pytest.mark.parametrize("kind", [InvalidData, NotEnoughFailures, NoFiniteMaximum, NotConverged])
def test_one_base_catches_all(kind: type[Exception]) -> None:
    assert issubclass(kind, AnalyticsError)


def test_a_wrong_type_is_caught_as_python_s_own_too() -> None:
    assert issubclass(WrongType, TypeError)
    assert issubclass(WrongType, InvalidData)
