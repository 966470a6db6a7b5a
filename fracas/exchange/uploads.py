"""Files between the preview and the import: the same bytes, kept on the server for a day, for the person who sent them."""

from __future__ import annotations

import json
import re
import secrets
import tempfile
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

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
        self, actor: Actor, *, kind: str, file_name: str, map_text: str, time_zone: str, content: bytes
    ) -> Upload:
        """Write the bytes down, readable by the service only, and forget what is older than a day."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._sweep()
        made = Upload(
            secrets.token_urlsafe(24), kind, file_name, map_text, time_zone,
            str(actor.organisation_id), str(actor.user_id), clock.now().isoformat(),
        )  # fmt: skip
        self._path(made.token, "data").write_bytes(content)
        self._path(made.token, "json").write_text(json.dumps(asdict(made)), "utf-8")
        return made

    def find(self, actor: Actor, token: str) -> Upload:
        """The upload of that person; anybody else's does not exist for them."""
        gone = NotFound("This upload is gone; choose the file again.")
        if not TOKEN.fullmatch(token):
            raise gone
        path = self._path(token, "json")
        if not path.is_file():
            raise gone
        found = Upload(**json.loads(path.read_text("utf-8")))
        if (found.organisation_id, found.user_id) != (str(actor.organisation_id), str(actor.user_id)):
            raise gone
        return found

    def content(self, upload: Upload) -> bytes:
        path = self._path(upload.token, "data")
        if not path.is_file():
            raise NotFound("This upload was imported already.")
        return path.read_bytes()

    def keep_rejected(self, upload: Upload, content: bytes) -> None:
        self._path(upload.token, "rejected").write_bytes(content)

    def rejected(self, upload: Upload) -> bytes:
        path = self._path(upload.token, "rejected")
        if not path.is_file():
            raise NotFound("No row of this upload was refused.")
        return path.read_bytes()

    def drop(self, upload: Upload) -> None:
        """The table is imported; what was refused stays for a day, to be fetched and mended."""
        self._path(upload.token, "data").unlink(missing_ok=True)

    def _path(self, token: str, what: str) -> Path:
        return self.folder / f"{token}.{what}"

    def _sweep(self) -> None:
        oldest = clock.now() - KEPT
        for path in self.folder.glob("*.json"):
            kept_at = json.loads(path.read_text("utf-8"))["kept_at"]
            if datetime.fromisoformat(kept_at) < oldest:
                for what in ("data", "rejected", "json"):
                    self._path(path.stem, what).unlink(missing_ok=True)
