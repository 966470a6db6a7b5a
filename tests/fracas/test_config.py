"""Settings: where they come from, and which are refused."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from pydantic import ValidationError

from fracas.config import Config, ConfigError, is_loopback


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("FRACAS_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_an_environment_that_says_nothing_is_enough() -> None:
    config = Config.from_env()
    assert config.database_url == "sqlite:///var/fracas.sqlite"
    assert config.address == "http://127.0.0.1:8000"
    assert config.demo is False


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRACAS_DATABASE_URL", "postgresql://somebody@db/fracas")
    monkeypatch.setenv("FRACAS_BASE_URL", "https://fracas.example/")
    monkeypatch.setenv("FRACAS_LOG_LEVEL", "debug")
    monkeypatch.setenv("FRACAS_PORT", "")
    config = Config.from_env()
    assert config.database_url == "postgresql://somebody@db/fracas"
    assert config.address == "https://fracas.example"
    assert config.is_https
    assert config.log_level == "DEBUG"
    assert config.port == 8000


def test_the_key_of_a_sqlite_database_is_made_once_and_kept_private() -> None:
    first = Config.from_env().secret_key
    kept = Path("var/fracas.sqlite.secret")
    assert first is not None
    assert len(first) >= 32
    assert Config.from_env().secret_key == first == kept.read_text()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]


def test_an_emptied_key_file_is_refused() -> None:
    Config.from_env()
    Path("var/fracas.sqlite.secret").write_text("")
    with pytest.raises(ConfigError, match="holds no key"):
        Config.from_env()


def test_a_given_key_wins_and_none_is_made_for_a_shared_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRACAS_DATABASE_URL", "postgresql://somebody@db/fracas")
    assert Config.from_env().secret_key is None
    monkeypatch.setenv("FRACAS_SECRET_KEY", "sixteen or more characters")
    assert Config.from_env().secret_key == "sixteen or more characters"


def test_a_database_in_memory_has_a_key_of_the_moment() -> None:
    config = Config(database_url="sqlite://")
    assert config.database_file is None
    assert config.kept_secret() != config.kept_secret()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.0.1"])
def test_demo_runs_on_loopback(host: str) -> None:
    assert is_loopback(host)
    assert Config(demo=True, host=host).demo


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "fracas.example"])
def test_demo_is_refused_elsewhere(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRACAS_DEMO", "1")
    monkeypatch.setenv("FRACAS_HOST", host)
    with pytest.raises(ConfigError, match="loopback only"):
        Config.from_env()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FRACAS_PORT", "eight"),
        ("FRACAS_DATABASE_URL", "mysql://somewhere/db"),
        ("FRACAS_DATABASE_URL", "nonsense"),
        ("FRACAS_BASE_URL", "fracas.example"),
        ("FRACAS_SECRET_KEY", "short"),
        ("FRACAS_MAX_UPLOAD_MB", "-1"),
        ("FRACAS_LOG_LEVEL", "loud"),
    ],
)
def test_a_bad_setting_is_named_and_a_secret_is_not_shown(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=name) as refused:
        Config.from_env()
    assert name != "FRACAS_SECRET_KEY" or value not in str(refused.value)


def test_settings_do_not_change_and_misspelt_ones_are_refused() -> None:
    with pytest.raises(ValidationError):
        Config().port = 1  # type: ignore[misc]
    with pytest.raises(ValidationError):
        Config(prot=1)  # type: ignore[call-arg]
    assert "key" not in repr(Config(secret_key="sixteen or more key"))


def test_an_ipv6_host_makes_an_address() -> None:
    assert Config(host="::1").address == "http://[::1]:8000"
