"""Files between the preview and the import: the same bytes, kept on the server for a day, for the person who sent them."""

from __future__ import annotations

import json
import re
import secrets
import tempfile
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fracas.config import Config
from fracas.core import clock
from fracas.core.errors import NotFound
from fracas.core.permissions import Actor

KEPT = timedelta(days=1)
TOKEN = re.compile(r"[\w-]{20,64}")


@dataclass(frozen=True)
class Upload:
    """What was uploaded: the table, what it is, and the map it is read by (TOML text)."""

    token: str
    kind: str
    file_name: str
    map_text: str
    time_zone: str
    organisation_id: str
    user_id: str
    locale: str
    kept_at: str


class Uploads:
    """The folder of uploads: beside a SQLite database, else in the machine's folder for temporary files.

    Several servers behind one address must share it, or a person may be asked to upload again.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of(cls, config: Config) -> Uploads:
        database = config.database_file
        return cls((database.parent if database else Path(tempfile.gettempdir())) / "fracas-uploads")

    def keep(
        self,
        actor: Actor,
        *,
        kind: str,
        file_name: str,
        map_text: str,
        time_zone: str,
        content: bytes,
        locale: str = "en",
    ) -> Upload:
        """Write the bytes down, readable by the service only, and forget what is older than a day."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._sweep()
        made = Upload(
            secrets.token_urlsafe(24), kind, file_name, map_text, time_zone,
            str(actor.organisation_id), str(actor.user_id), locale, clock.now().isoformat(),
        )  # fmt: skip
        # The card first: it is what the sweep finds the rest by.
        self._write(made, "json", asdict(made))
        self._put(made, "data", content)
        return made

    def find(self, actor: Actor, token: str) -> Upload:
        """The upload of that person; anybody else's does not exist for them."""
        found = self.by_token(token)
        if (found.organisation_id, found.user_id) != (str(actor.organisation_id), str(actor.user_id)):
            raise _gone()
        return found

    def by_token(self, token: str) -> Upload:
        """The upload, whoever asks: for the worker, whom a person's request has told the token."""
        if not TOKEN.fullmatch(token):
            raise _gone()
        path = self._path(token, "json")
        if not path.is_file():
            raise _gone()
        return Upload(**json.loads(path.read_text("utf-8")))

    def content(self, upload: Upload) -> bytes:
        path = self._path(upload.token, "data")
        if not path.is_file():
            raise NotFound("This upload was imported already.")
        return path.read_bytes()

    def keep_rejected(self, upload: Upload, content: bytes) -> None:
        self._put(upload, "rejected", content)

    def rejected(self, upload: Upload) -> bytes:
        path = self._path(upload.token, "rejected")
        if not path.is_file():
            raise NotFound("No row of this upload was refused.")
        return path.read_bytes()

    def begin(self, upload: Upload) -> None:
        """Forget what an earlier pass over the table has left."""
        for what in ("progress", "result", "cancel", "rejected"):
            self._path(upload.token, what).unlink(missing_ok=True)

    def note_progress(self, upload: Upload, done: int, total: int) -> None:
        """How far it is. In a file, as the import's own transaction is seen by nobody before it ends."""
        self._write(upload, "progress", [done, total])

    def progress(self, upload: Upload) -> tuple[int, int] | None:
        """(rows done, rows in all), or None before it began."""
        found = self._read(upload, "progress")
        return (found[0], found[1]) if found else None

    def keep_result(self, upload: Upload, result: dict[str, Any]) -> None:
        self._write(upload, "result", result)

    def result(self, upload: Upload) -> dict[str, Any]:
        """What the last pass over the table has found; empty where it found nothing out."""
        return self._read(upload, "result") or {}

    def cancel(self, upload: Upload) -> None:
        self._write(upload, "cancel", True)

    def is_cancelled(self, upload: Upload) -> bool:
        return self._path(upload.token, "cancel").is_file()

    def _write(self, upload: Upload, what: str, told: Any) -> None:
        self._put(upload, what, json.dumps(told).encode())

    def _read(self, upload: Upload, what: str) -> Any:
        path = self._path(upload.token, what)
        return json.loads(path.read_text("utf-8")) if path.is_file() else None

    def drop(self, upload: Upload) -> None:
        """The table is imported; what was refused stays for a day, to be fetched and mended."""
        self._path(upload.token, "data").unlink(missing_ok=True)

    def _put(self, upload: Upload, what: str, content: bytes) -> None:
        # Written aside and renamed: whoever reads at that moment sees the old or the new, never a half; neither does a
        # server that is killed leave one.
        aside = self._path(upload.token, f"{what}.new")
        aside.write_bytes(content)
        aside.replace(self._path(upload.token, what))

    def _path(self, token: str, what: str) -> Path:
        return self.folder / f"{token}.{what}"

    def _sweep(self) -> None:
        oldest = clock.now() - KEPT
        for path in self.folder.glob("*.json"):
            try:
                kept_at = json.loads(path.read_text("utf-8"))["kept_at"]
            except FileNotFoundError:  # another server sweeps too
                continue
            if datetime.fromisoformat(kept_at) < oldest:
                for old in self.folder.glob(f"{path.stem}.*"):
                    old.unlink(missing_ok=True)


def _gone() -> NotFound:
    return NotFound("This upload is gone; choose the file again.")
