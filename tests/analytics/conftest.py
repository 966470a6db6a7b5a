"""Data that several tests of the library use."""

import numpy as np
import pytest

from analytics import LifeData


@pytest.fixture
def nist() -> LifeData:
    """NIST/SEMATECH e-Handbook 8.4.1.3: 20 units, 10 failures, test ended at 500 h."""
    ages = [54, 187, 216, 240, 244, 335, 361, 373, 375, 386, 500]
    return LifeData(ages, [1] * 10 + [0], count=[1] * 10 + [10])


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20261122)
