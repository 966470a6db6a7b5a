"""What an attached file is, by its first bytes: the name and the sender's word for it are not believed."""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePosixPath

from fracas.core.errors import Invalid

LARGEST_BYTES = 10 * 1024 * 1024
HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"}
EXTENSIONS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/heic": ".heic",
    "application/pdf": ".pdf",
}
SHOWN_INLINE = frozenset({"image/jpeg", "image/png", "image/webp"})


def media_type(content: bytes) -> str | None:
    """The media type of a JPEG, PNG, WebP, HEIC or PDF file; ``None`` for anything else."""
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp" and content[8:12] in HEIC_BRANDS:
        return "image/heic"
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    return None


def checked(content: bytes) -> str:
    """The media type of a file that may be attached.

    Raises
    ------
    Invalid
        For an empty file, one over 10 MB, or of another kind.
    """
    if not content:
        raise Invalid("The file is empty.", field="content")
    if len(content) > LARGEST_BYTES:
        raise Invalid(
            "The file has %(size)s MB; %(largest)s MB is the most. Make the picture smaller and attach it again.",
            field="content",
            size=f"{len(content) / 1024 / 1024:.1f}",
            largest=LARGEST_BYTES // 1024 // 1024,
        )
    found = media_type(content)
    if found is None:
        raise Invalid(
            "Only JPEG, PNG, WebP and HEIC pictures and PDF documents can be attached.", field="content"
        )
    return found


def file_name(name: str | None, kind: str) -> str:
    """A name that is safe to store and to send back, with the extension that its content has."""
    stem = PurePosixPath((name or "").replace("\\", "/")).stem
    stem = re.sub(r'[\x00-\x1f\x7f"<>|:*?/]', "", stem).strip(" .")[:100]
    return (stem or "attachment") + EXTENSIONS[kind]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
