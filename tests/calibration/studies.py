"""A study kept row by row in a file, so that it goes on where it stopped, and its page of the docs, written from there."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

Rows = dict[tuple[str, ...], dict[str, str]]


@dataclass(frozen=True)
class Kept:
    """The rows found so far; the first `keys` of the columns tell one from another."""

    path: Path
    columns: tuple[str, ...]
    keys: int

    def rows(self) -> Rows:
        if not self.path.exists():
            return {}
        with self.path.open(newline="", encoding="utf-8") as file:
            return {
                tuple(row[name] for name in self.columns[: self.keys]): row for row in csv.DictReader(file)
            }

    def add(self, key: tuple[str, ...], found: Mapping[str, float]) -> None:
        self.path.parent.mkdir(exist_ok=True)
        is_new = not self.path.exists()
        with self.path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            if is_new:
                writer.writerow(self.columns)
            writer.writerow([*key, *(f"{value:.5g}" for value in found.values())])


def command(
    description: str | None, run: Callable[[int], None], repeats: int, page: Path, text: Callable[[], str]
) -> None:
    """Run what is lacking unless told not to, then write the page."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=repeats)
    parser.add_argument("--write", action="store_true", help="only write the page")
    settings = parser.parse_args()
    if not settings.write:
        run(settings.repeats)
    page.write_text(text(), encoding="utf-8")
    sys.stdout.write(text())
