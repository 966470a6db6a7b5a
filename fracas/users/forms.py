"""What the pages of people and of the own account ask."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

from fracas.core.forms import Form, field
from fracas.core.words import N_
from fracas.users.models import Role

Password = Annotated[str, StringConstraints(strip_whitespace=False, max_length=1000)]
Language = Literal["en", "zh_Hans"]

ROLES_HELP = N_("The widest role decides which sites a person sees.")
SITES_HELP = N_("Field engineers and service stations see these sites only; other roles see all.")


class SignIn(Form):
    email: str = field(label=N_("E-mail address"), widget="email", max_length=200)
    password: Password = field(label=N_("Password"), widget="password")


class AskForPasswordLink(Form):
    email: str = field(label=N_("E-mail address"), widget="email", max_length=200)


class SetPassword(Form):
    password: Password = field(
        label=N_("New password"),
        widget="password",
        help=N_("At least 12 characters; a sentence is easy to remember."),
    )


class ChangePassword(Form):
    current_password: Password = field(label=N_("Password until now"), widget="password")
    new_password: Password = field(
        label=N_("New password"),
        widget="password",
        help=N_("At least 12 characters; a sentence is easy to remember."),
    )


class EditOwn(Form):
    name: str = field(label=N_("Name"), max_length=200)
    locale: Language = field(label=N_("Language"))


class CreateToken(Form):
    name: str = field(
        label=N_("What it is for"), help=N_("So that you know later which token to revoke."), max_length=200
    )


class CreateUser(Form):
    email: str = field(label=N_("E-mail address"), widget="email", max_length=200)
    name: str = field(label=N_("Name"), max_length=200)
    roles: list[Role] = field(label=N_("Roles"), widget="choices", options="roles", help=ROLES_HELP)
    sites: list[str] = field([], label=N_("Sites"), widget="choices", options="sites", help=SITES_HELP)
    customer: str | None = field(
        None, label=N_("Customer"), options="customers", help=N_("For the role customer only.")
    )
    locale: Language = field("en", label=N_("Language"))


class EditUser(Form):
    name: str = field(label=N_("Name"), max_length=200)
    email: str = field(label=N_("E-mail address"), widget="email", max_length=200)
    locale: Language = field(label=N_("Language"))


class SetRoles(Form):
    roles: list[Role] = field(label=N_("Roles"), widget="choices", options="roles", help=ROLES_HELP)
    sites: list[str] = field([], label=N_("Sites"), widget="choices", options="sites", help=SITES_HELP)
    customer: str | None = field(
        None, label=N_("Customer"), options="customers", help=N_("For the role customer only.")
    )


VERBS: dict[str, type[Form]] = {
    "create_user": CreateUser,
    "edit_user": EditUser,
    "set_roles": SetRoles,
    "change_password": ChangePassword,
    "edit_own": EditOwn,
    "create_token": CreateToken,
}
