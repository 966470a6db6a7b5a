"""Files are what their bytes say."""

from __future__ import annotations

import pytest

from fracas.core.errors import Invalid
from fracas.failures import media

JPEG = b"\xff\xd8\xff\xe0" + b"0" * 20
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20
WEBP = b"RIFF\x10\x00\x00\x00WEBP" + b"0" * 20
HEIC = b"\x00\x00\x00\x18ftypheic" + b"0" * 20
PDF = b"%PDF-1.7\n" + b"0" * 20
HTML = b"<html><script>alert(1)</script></html>"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (JPEG, "image/jpeg"),
        (PNG, "image/png"),
        (WEBP, "image/webp"),
        (HEIC, "image/heic"),
        (PDF, "application/pdf"),
        (HTML, None),
        (b"MZ\x90\x00", None),
        (b"RIFF\x10\x00\x00\x00WAVE", None),
        (b"\x00\x00\x00\x18ftypmp42", None),
        (b"", None),
    ],
)
def test_the_kind_is_in_the_first_bytes(content: bytes, kind: str | None) -> None:
    assert media.media_type(content) == kind


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "empty"), (HTML, "Only JPEG"), (JPEG + b"0" * media.LARGEST_BYTES, "10 MB is the most")],
)
def test_what_cannot_be_attached_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        media.checked(content)


def test_the_largest_file_is_taken() -> None:
    assert media.checked((JPEG + b"0" * media.LARGEST_BYTES)[: media.LARGEST_BYTES]) == "image/jpeg"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("leak.JPG", "leak.png"),
        ("../../etc/passwd", "passwd.png"),
        ("C:\\photos\\leak.exe", "leak.png"),
        ("制动阀.png", "制动阀.png"),
        ('a"b\r\nc.png', "abc.png"),
        ("", "attachment.png"),
        (None, "attachment.png"),
        ("...", "attachment.png"),
        ("x" * 300, "x" * 100 + ".png"),
    ],
)
def test_a_file_name_is_safe_and_says_what_is_inside(name: str | None, kept: str) -> None:
    assert media.file_name(name, "image/png") == kept


def test_the_digest_is_that_of_the_bytes() -> None:
    assert media.sha256(b"abc").startswith("ba7816bf")
