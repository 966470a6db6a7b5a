"""What set-up installs is fixed to the file, and from whichever index the machine uses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import frontend

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted(ROOT.glob("requirements*.lock"))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_requirement_is_exact_and_hashed(lock: Path) -> None:
    text = re.sub(r"\\\n\s*", " ", lock.read_text("utf-8"))
    requirements = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert requirements
    assert [
        line[:60]
        for line in requirements
        if not re.match(r"[\w.\[\]-]+==\S+.*--hash=sha256:[0-9a-f]{64}", line)
    ] == []


@pytest.mark.parametrize("lock", [*LOCKS, ROOT / "package-lock.json"], ids=lambda lock: lock.name)
def test_a_lock_names_no_host(lock: Path) -> None:
    lines = lock.read_text("utf-8").splitlines()
    funding = re.compile(
        r'^\s*("url"|"funding"): '
    )  # where an author asks for support, not where a file comes from
    assert [line for line in lines if "://" in line and not funding.match(line)] == []


def test_the_development_lock_holds_the_runtime_lock() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^[\w.\[\]-]+==[^\s;\\]+", (ROOT / name).read_text("utf-8"), re.MULTILINE))

    assert pins("requirements.lock") - pins("requirements-dev.lock") == set()


def test_front_end_versions_are_exact() -> None:
    package = json.loads((ROOT / "package.json").read_text("utf-8"))
    versions = {**package["dependencies"], **package["devDependencies"]}
    assert [
        f"{name}@{version}"
        for name, version in versions.items()
        if not re.fullmatch(r"\d+\.\d+\.\d+", version)
    ] == []


def test_the_front_end_files_are_those_of_the_lock() -> None:
    assert frontend.is_current(), "run `make setup`"
    wanted = {*frontend.NPM_FILES.values(), frontend.PLOTLY_FILE, frontend.MANIFEST.name}
    found = {
        path.relative_to(frontend.VENDOR).as_posix() for path in frontend.VENDOR.rglob("*") if path.is_file()
    }
    assert found == wanted
