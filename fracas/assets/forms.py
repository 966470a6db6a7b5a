"""What each verb of the register asks for."""

from __future__ import annotations

from fracas.assets.models import Condition, InstalledAs, RemovalCause
from fracas.core.forms import Form, Moment, field
from fracas.core.words import N_


def _when(label: str) -> Moment:
    return field(None, label=label, help=N_("Leave empty for now."))  # type: ignore[no-any-return]


class RegisterSystem(Form):
    """A new system of the register."""

    serial: str = field(label=N_("Serial or fleet number"), min_length=1, max_length=200)
    system_model: str = field(label=N_("Model"), options="system_models")
    site: str = field(label=N_("Home site"), options="sites")
    customer: str | None = field(None, label=N_("Customer"), options="customers")
    name: str | None = field(None, label=N_("Name"), max_length=200)
    configuration: str | None = field(None, label=N_("Configuration and software version"), max_length=200)
    commissioned_at: Moment | None = field(
        None,
        label=N_("Commissioned at"),
        help=N_("From then on it is under observation; leave empty if unknown."),
    )


class EditSystem(Form):
    """What may change of a system."""

    name: str | None = field(None, label=N_("Name"), max_length=200)
    site: str = field(None, label=N_("Home site"), options="sites")
    customer: str | None = field(None, label=N_("Customer"), options="customers")
    configuration: str | None = field(None, label=N_("Configuration and software version"), max_length=200)


class Commission(Form):
    occurred_at: Moment | None = _when(N_("Commissioned at"))


class CorrectCommissioning(Form):
    occurred_at: Moment = field(label=N_("Commissioned at"))


class RetireSystem(Form):
    occurred_at: Moment | None = _when(N_("Retired at"))
    basis: str = field(label=N_("Why"), widget="textarea", min_length=1, max_length=2000)


class Observe(Form):
    """A window in which the failures of a system without a commissioning date are known."""

    start: Moment = field(label=N_("Observed from"))
    end: Moment | None = field(None, label=N_("Observed until"), help=N_("Leave empty while it goes on."))
    basis: str | None = field(None, label=N_("How the window was chosen"), max_length=2000)


class RegisterPart(Form):
    """A new serial of the register."""

    serial: str = field(label=N_("Serial"), widget="scan", min_length=1, max_length=200)
    part_type: str = field(label=N_("Part type"), options="part_types")
    site: str | None = field(None, label=N_("Where it lies"), options="sites")
    lot: str | None = field(None, label=N_("Lot"), max_length=200)
    supplier: str | None = field(None, label=N_("Supplier"), options="suppliers")
    manufactured_at: Moment | None = field(None, label=N_("Made at"))


class EditPart(Form):
    """What may change of a serial; an installed one is where its system is."""

    lot: str | None = field(None, label=N_("Lot"), max_length=200)
    supplier: str | None = field(None, label=N_("Supplier"), options="suppliers")
    site: str = field(None, label=N_("Where it lies"), options="sites")


class Install(Form):
    """A serial goes into a position."""

    part: str = field(label=N_("Serial"), widget="scan", min_length=1, max_length=200)
    part_type: str | None = field(
        None, label=N_("Part type"), options="part_types", help=N_("Needed where two types share the serial.")
    )
    system: str = field(label=N_("System"), widget="scan", min_length=1, max_length=200)
    position: str = field(label=N_("Position"), options="system_positions", widget="suggest", min_length=1)
    occurred_at: Moment | None = _when(N_("Installed at"))
    installed_as: InstalledAs | None = field(
        None, label=N_("Its age then"), help=N_("Leave empty: the first time new, later its own age goes on.")
    )
    age_at_install: dict[str, float] | None = field(
        None,
        label=N_("Age by metric"),
        help=N_("One a line, metric and age: “h: 1200”; “calendar” is in days."),
        widget="pairs",
    )
    removed_at: Moment | None = field(None, label=N_("Removed again at"), help=N_("For a stay that is over."))
    removal_cause: RemovalCause | None = field(None, label=N_("Why it was removed"))
    external_id: str | None = field(None, label=N_("Number in another system"), max_length=200)


class Remove(Form):
    """A serial comes out."""

    part: str = field(label=N_("Serial"), widget="scan", min_length=1, max_length=200)
    part_type: str | None = field(None, label=N_("Part type"), options="part_types")
    cause: RemovalCause = field(label=N_("Why"))
    occurred_at: Moment | None = _when(N_("Removed at"))
    note: str | None = field(None, label=N_("Note"), max_length=2000)


class Move(Form):
    """A serial goes from where it is to another position; its age goes on."""

    part: str = field(label=N_("Serial"), widget="scan", min_length=1, max_length=200)
    part_type: str | None = field(None, label=N_("Part type"), options="part_types")
    system: str = field(label=N_("To system"), widget="scan", min_length=1, max_length=200)
    position: str = field(label=N_("To position"), options="system_positions", widget="suggest", min_length=1)
    occurred_at: Moment | None = _when(N_("Moved at"))
    note: str | None = field(None, label=N_("Note"), max_length=2000)


class Swap(Form):
    """One serial out of a position, another one in."""

    position: str = field(label=N_("Position"), options="system_positions", widget="suggest", min_length=1)
    part_out: str | None = field(None, label=N_("Serial taken out"), widget="scan", max_length=200)
    part_in: str | None = field(None, label=N_("Serial put in"), widget="scan", max_length=200)
    occurred_at: Moment | None = _when(N_("Swapped at"))
    cause: RemovalCause = field(RemovalCause.PREVENTIVE, label=N_("Why"))
    note: str | None = field(None, label=N_("Note"), max_length=2000)


class SetCondition(Form):
    """A statement about a serial."""

    part: str = field(label=N_("Serial"), widget="scan", min_length=1, max_length=200)
    part_type: str | None = field(None, label=N_("Part type"), options="part_types")
    condition: Condition = field(label=N_("Condition"))
    basis: str | None = field(None, label=N_("Why"), widget="textarea", max_length=2000)
    occurred_at: Moment | None = _when(N_("Since"))


class ReadUsage(Form):
    """What a meter showed."""

    system: str | None = field(None, label=N_("System"), widget="scan", max_length=200)
    part: str | None = field(None, label=N_("or part with a meter of its own"), widget="scan", max_length=200)
    part_type: str | None = field(None, label=N_("Part type"), options="part_types")
    metric: str = field(label=N_("Which meter"), options="metrics")
    value: float = field(label=N_("It showed"), ge=0, allow_inf_nan=False)
    occurred_at: Moment | None = _when(N_("Read at"))
    restarts_at: float | None = field(
        None,
        label=N_("New meter begins at"),
        help=N_("Only if the meter was replaced then."),
        ge=0,
        allow_inf_nan=False,
    )
    external_id: str | None = field(None, label=N_("Number in another system"), max_length=200)


class CorrectReading(Form):
    value: float = field(None, label=N_("It showed"), ge=0, allow_inf_nan=False)
    occurred_at: Moment = field(None, label=N_("Read at"))
    restarts_at: float = field(
        None,
        label=N_("New meter begins at"),
        help=N_("Only for the replacement of a meter."),
        ge=0,
        allow_inf_nan=False,
    )


class CorrectInstallation(Form):
    occurred_at: Moment = field(None, label=N_("Installed at"))
    position: str = field(None, label=N_("Position"), options="system_positions", widget="suggest")
    installed_as: InstalledAs = field(None, label=N_("Its age then"))
    age_at_install: dict[str, float] | None = field(
        None,
        label=N_("Age by metric"),
        help=N_("One a line, metric and age: “h: 1200”; “calendar” is in days."),
        widget="pairs",
    )


class CorrectRemoval(Form):
    occurred_at: Moment = field(None, label=N_("Removed at"))
    cause: RemovalCause = field(None, label=N_("Why"))
    note: str | None = field(None, label=N_("Note"), max_length=2000)


class Retract(Form):
    """A record that never was true; the reason is kept."""
