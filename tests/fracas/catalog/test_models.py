"""What a part type says of itself."""

from __future__ import annotations

from fracas.catalog.models import PartType, UsageMetric


def test_a_life_is_counted_in_the_primary_metric_else_by_the_calendar() -> None:
    assert PartType(number="V").life_metric == "calendar"
    assert PartType(number="V", primary_metric=UsageMetric(code="km")).life_metric == "km"
