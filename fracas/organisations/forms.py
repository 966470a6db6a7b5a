"""What each verb of sites, customers and suppliers asks for."""

from __future__ import annotations

from fracas.core.forms import Form, field
from fracas.core.words import N_


class _Coded(Form):
    code: str = field(
        label=N_("Code"), min_length=1, max_length=200, help=N_("Stays; people and files name it by this.")
    )
    name: str = field(label=N_("Name"), min_length=1, max_length=200)


class _Renamed(Form):
    name: str = field(label=N_("Name"), min_length=1, max_length=200)


class AddSite(_Coded):
    """A site, with the time zone that its wall clocks show."""

    time_zone: str = field(
        "UTC", label=N_("Time zone"), options="time_zones", widget="suggest", max_length=100
    )
    is_service_point: bool = field(False, label=N_("Repairs and swaps parts"))


class EditSite(Form):
    name: str = field(None, label=N_("Name"), min_length=1, max_length=200)
    time_zone: str = field(
        None, label=N_("Time zone"), options="time_zones", widget="suggest", max_length=100
    )
    is_service_point: bool = field(None, label=N_("Repairs and swaps parts"))


class AddCustomer(_Coded):
    """A customer, to whom systems belong."""


class EditCustomer(_Renamed):
    """A customer's name."""


class AddSupplier(_Coded):
    """A supplier of parts."""


class EditSupplier(_Renamed):
    """A supplier's name."""


VERBS: dict[str, type[Form]] = {
    "add_site": AddSite,
    "edit_site": EditSite,
    "add_customer": AddCustomer,
    "edit_customer": EditCustomer,
    "add_supplier": AddSupplier,
    "edit_supplier": EditSupplier,
}
