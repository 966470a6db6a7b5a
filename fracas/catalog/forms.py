"""What each verb of the catalog asks for."""

from __future__ import annotations

from fracas.catalog.models import CodeKind, RepairAssumption
from fracas.core.forms import Form, field
from fracas.core.words import N_


class _Numbered(Form):
    number: str = field(label=N_("Part number"), min_length=1, max_length=200)
    name: str = field(label=N_("Name"), min_length=1, max_length=200)


class _Renamed(Form):
    name: str = field(None, label=N_("Name"), min_length=1, max_length=200)


class _PartType(Form):
    is_repairable: bool = field(False, label=N_("Is repaired"))
    repair_assumption: RepairAssumption = field(
        RepairAssumption.AS_NEW,
        label=N_("After a repair it is"),
        help=N_("The default; a failure report may say otherwise."),
    )
    primary_metric: str | None = field(
        None, label=N_("Its life is counted in"), options="metrics", help=N_("Left empty: calendar days.")
    )
    lead_time_days: float | None = field(
        None, label=N_("From order to shelf"), unit="d", ge=0, allow_inf_nan=False
    )
    turn_around_days: float | None = field(
        None,
        label=N_("From failure to back from repair"),
        help=N_("For parts that are repaired; left empty: none is taken to come back."),
        unit="d",
        ge=0,
        allow_inf_nan=False,
    )
    repaired_share: float | None = field(
        None,
        label=N_("Share of the failed parts that can be repaired"),
        help=N_("From 0 to 1 (0.8: four in five); left empty: all of them."),
        ge=0,
        le=1,
        allow_inf_nan=False,
    )
    unit_cost: float | None = field(None, label=N_("Cost of one"), ge=0, allow_inf_nan=False)
    currency: str = field("CNY", label=N_("Currency"), min_length=1, max_length=3)
    supplier: str | None = field(None, label=N_("Supplier"), options="suppliers")


# The base that comes last says what the page asks first.
class AddPartType(_PartType, _Numbered):
    """A part type, by its part number."""


class EditPartType(_PartType, _Renamed):
    """What is said of a part type; the number stays."""


class AddMetric(Form):
    """A way to count use."""

    code: str = field(label=N_("Code"), min_length=1, max_length=200)
    name: str = field(label=N_("Name"), min_length=1, max_length=200)
    unit: str = field(
        label=N_("Unit"),
        help=N_("Short, as shown behind numbers: h, km, cycles."),
        min_length=1,
        max_length=20,
    )


class AddSystemModel(Form):
    """A kind of system."""

    code: str = field(label=N_("Code"), min_length=1, max_length=200)
    name: str = field(label=N_("Name"), min_length=1, max_length=200)


class AddPosition(Form):
    """A place in a system model where one part sits."""

    system_model: str = field(label=N_("System model"), options="system_models")
    code: str = field(label=N_("Code"), min_length=1, max_length=200)
    name: str = field(label=N_("Name"), min_length=1, max_length=200)
    parent: str | None = field(
        None, label=N_("Belongs to"), options="model_positions", help=N_("The next higher assembly.")
    )
    part_type: str | None = field(
        None, label=N_("Part type that fits"), options="part_types", help=N_("Left empty: anything.")
    )


class EditPosition(Form):
    """Another name or place in the tree."""

    name: str = field(None, label=N_("Name"), min_length=1, max_length=200)
    parent: str | None = field(
        None, label=N_("Belongs to"), options="model_positions", help=N_("Left empty: a top position.")
    )


class AddCode(Form):
    """A coded word for a symptom, mode, mechanism or cause."""

    kind: CodeKind = field(label=N_("Kind"))
    code: str = field(label=N_("Code"), min_length=1, max_length=200, help=N_("Text: leading zeros stay."))
    name: str = field(label=N_("In English"), min_length=1, max_length=200)
    name_zh: str | None = field(None, label=N_("In Chinese"), max_length=200)


class EditCode(Form):
    """Another wording of a code."""

    name: str = field(None, label=N_("In English"), min_length=1, max_length=200)
    name_zh: str | None = field(None, label=N_("In Chinese"), max_length=200)


class RetireCode(Form):
    """Nothing but the wish."""


VERBS: dict[str, type[Form]] = {
    "add_part_type": AddPartType,
    "edit_part_type": EditPartType,
    "add_metric": AddMetric,
    "add_system_model": AddSystemModel,
    "add_position": AddPosition,
    "edit_position": EditPosition,
    "add_code": AddCode,
    "edit_code": EditCode,
    "retire_code": RetireCode,
    "restore_code": RetireCode,
}
