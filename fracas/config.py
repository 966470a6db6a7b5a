"""Every setting, read from the environment (``FRACAS_...``) in this one place. fracas/docs/operating.md explains each."""

from __future__ import annotations

import contextlib
import ipaddress
import secrets
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError


class ConfigError(Exception):
    """A setting that cannot be used, as one sentence for whoever starts the program."""


def is_loopback(host: str) -> bool:
    """Whether only programs on this machine can reach a server that listens on ``host``."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Config(BaseSettings):
    """The settings of one running program; they do not change while it runs.

    Raises
    ------
    ConfigError : from :meth:`from_env`, with the name of the setting and what is wrong with it.
    """

    model_config = SettingsConfigDict(
        env_prefix="FRACAS_", env_ignore_empty=True, frozen=True, extra="forbid", hide_input_in_errors=True
    )

    database_url: str = "sqlite:///var/fracas.sqlite"
    secret_key: str | None = Field(None, min_length=16, repr=False)
    demo: bool = False
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    base_url: str | None = None
    smtp_url: str | None = Field(None, repr=False)
    mail_from: str = "fracas@localhost"
    max_upload_mb: float = Field(20, gt=0)
    session_hours: float = Field(12, gt=0)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @classmethod
    def from_env(cls) -> Config:
        """The settings of the environment. A SQLite database without a secret key is given one of its own."""
        config = _checked(cls)
        if config.secret_key is None:
            return config.model_copy(update={"secret_key": config.kept_secret()})
        return config

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("base_url")
    @classmethod
    def _without_slash(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/") if value else value

    @field_validator("database_url")
    @classmethod
    def _is_known(cls, value: str) -> str:
        try:
            backend = make_url(value).get_backend_name()
        except ArgumentError:
            backend = None
        if backend not in ("sqlite", "postgresql"):
            raise ValueError("must be sqlite:///path/to/file or postgresql://user@host/database")
        return value

    @model_validator(mode="after")
    def _demo_stays_at_home(self) -> Config:
        # In demo mode anybody may enter as anybody; that must never be reachable from another machine.
        if self.demo and not is_loopback(self.host):
            raise ValueError(f"FRACAS_DEMO serves on loopback only, and FRACAS_HOST is {self.host}")
        return self

    @property
    def address(self) -> str:
        """Where people find the service; what links in mails begin with."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.base_url or f"http://{host}:{self.port}"

    @property
    def is_https(self) -> bool:
        return self.address.startswith("https://")

    @property
    def database_file(self) -> Path | None:
        """The file of a SQLite database; None for one in memory or on a server."""
        url = make_url(self.database_url)
        if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
            return None
        return Path(url.database)

    def kept_secret(self) -> str | None:
        """The key that signs cookies: kept beside a SQLite file, readable by its owner only.

        None on PostgreSQL: several servers share one database there and would each make another key.
        """
        if make_url(self.database_url).get_backend_name() != "sqlite":
            return None
        if self.database_file is None:
            return secrets.token_urlsafe(32)
        path = self.database_file.with_name(self.database_file.name + ".secret")
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            # Written apart and then linked to its name, so that two servers that start at once end with one key.
            draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(32), "ascii")
            with contextlib.suppress(FileExistsError):
                path.hardlink_to(draft)
            draft.unlink()
        kept = path.read_text("ascii").strip()
        if len(kept) < 16:
            raise ConfigError(f"{path} holds no key; delete it and a new one is made")
        return kept


def make_config(base: Config, **changes: Any) -> Config:
    """``base`` with the given settings (those that are not None) in place of its own, checked again."""
    given = {name: value for name, value in changes.items() if value is not None}
    return _checked(Config, **{**base.model_dump(), **given})


def _checked(kind: type[Config], **settings: Any) -> Config:
    try:
        return kind(**settings)
    except ValidationError as error:
        first = error.errors()[0]
        name = f"FRACAS_{str(first['loc'][0]).upper()}: " if first["loc"] else ""
        raise ConfigError(name + first["msg"].removeprefix("Value error, ")) from None
