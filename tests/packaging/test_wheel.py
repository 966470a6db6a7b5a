"""The wheel alone is enough: installed in an empty environment it migrates a database and serves."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
START_TIMEOUT_SECONDS = 60


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(BIN / "uv", "build", "--quiet", "--wheel", "--out-dir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("fracas-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``bin`` of an environment that holds the run-time lock and the wheel, and nothing of the checkout."""
    folder = tmp_path_factory.mktemp("empty")
    run(BIN / "uv", "venv", "--quiet", "--python", sys.executable, "venv", cwd=folder)
    environment = {"VIRTUAL_ENV": str(folder / "venv")}
    install = (BIN / "uv", "pip", "install", "--quiet")
    run(*install, "--require-hashes", "-r", ROOT / "requirements.lock", cwd=folder, **environment)
    run(*install, "--no-deps", wheel, cwd=folder, **environment)
    return folder / "venv" / "bin"


def test_the_wheel_holds_what_git_keeps_elsewhere(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    migrations = {
        f"fracas/_migrations/versions/{path.name}" for path in (ROOT / "migrations/versions").glob("*.py")
    }
    vendor = ROOT / "fracas/web/static/vendor"
    front_end = {path.relative_to(ROOT).as_posix() for path in vendor.rglob("*") if path.is_file()}
    templates = {path.relative_to(ROOT).as_posix() for path in (ROOT / "fracas").rglob("*.html")}
    assert migrations
    assert front_end
    assert templates
    assert (migrations | front_end | templates) - names == set()
    assert not [name for name in names if name.startswith(("tests/", "migrations/", "node_modules/"))]


def get(address: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@pytest.fixture
def address(installed: Path, tmp_path: Path) -> Iterator[str]:
    settings = {
        "FRACAS_DATABASE_URL": f"sqlite:///{tmp_path}/fracas.sqlite",
        "FRACAS_SECRET_KEY": "tests only, never deployed, 32 characters or more",
    }
    run(installed / "fracas", "db", "upgrade", cwd=tmp_path, **settings)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (tmp_path / "serve.log").open("w+")
    command = [str(installed / "fracas"), "serve", "--port", str(port)]
    with subprocess.Popen(
        command, cwd=tmp_path, env={**os.environ, **settings}, stdout=log, stderr=log
    ) as server:
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while time.monotonic() < deadline and server.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=10)
            log.seek(0)
            sys.stderr.write(log.read())
            log.close()


def test_it_migrates_and_serves(address: str) -> None:
    status, body = get(f"{address}/healthz")
    assert status == 200, body
    assert isinstance(json.loads(body), dict)
    assert get(f"{address}/static/vendor/htmx/htmx.min.js")[0] == 200
