"""From bytes to text. A byte order mark decides, then the map, then UTF-8, then what the bytes look like."""

from __future__ import annotations

import codecs
import unicodedata
from dataclasses import dataclass

from charset_normalizer import from_bytes

from fracas.core.errors import Finding, Invalid
from fracas.core.words import N_

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SAMPLE_BYTES = 64_000
CONTROLS = bytes(set(range(32)) - set(b"\t\n\f\r\x1a"))
CONTROL_IN = 200
"""One byte in so many may be zero or another control: a damaged text, whose bad rows are named; more is no text."""


@dataclass(frozen=True)
class Decoded:
    text: str
    encoding: str
    note: Finding | None = None


def decode(content: bytes, encoding: str | None = None) -> Decoded:
    """The text of a file.

    Parameters
    ----------
    content : the whole file.
    encoding : what the map says; None leaves it to the bytes. A byte order mark is stronger than both.

    Raises
    ------
    Invalid : the named encoding is unknown or does not fit, or the file holds no text.
    """
    for mark, name in MARKS:
        if content.startswith(mark):
            return Decoded(_strictly(content, name), name)
    if encoding:
        return Decoded(_strictly(content, _known(encoding)), encoding)
    sample = content[:SAMPLE_BYTES]
    controls = len(sample) - len(sample.translate(None, CONTROLS))
    if controls > max(1, len(sample) / CONTROL_IN):
        return _without_mark(content)
    try:
        return Decoded(content.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        name = _guess(content)
    note = Finding(
        N_(
            "The file is not UTF-8; it was read as %(encoding)s. If letters look wrong, name the encoding in the map."
        ),
        params={"encoding": name},
    )
    return Decoded(content.decode(name), name, note)


def _known(encoding: str) -> str:
    try:
        name = codecs.lookup(encoding).name
        b"a".decode(name, "ignore")  # refuses what is no encoding of text, such as zip
        return name
    except (LookupError, ValueError):
        raise Invalid("There is no encoding “%(encoding)s”.", field="encoding", encoding=encoding) from None


def _strictly(content: bytes, encoding: str) -> str:
    try:
        text = content.decode(encoding)
        text.encode()  # an escape of the encoding may stand for half a letter, which is none
        return text
    except UnicodeDecodeError as error:
        raise Invalid(
            "The file is not %(encoding)s: byte %(byte)s in line %(line)s does not fit. "
            "Name another encoding in the map, or leave it out to have it guessed.",
            field="encoding",
            encoding=encoding,
            byte=f"0x{content[error.start]:02X}",
            line=content.count(b"\n", 0, error.start) + 1,
        ) from None
    except UnicodeError:
        raise Invalid(
            "The file is not %(encoding)s. Name another encoding in the map, or leave it out to have it guessed.",
            field="encoding",
            encoding=encoding,
        ) from None


def _without_mark(content: bytes) -> Decoded:
    """Text of two bytes a letter whose mark was lost; any other file with zero bytes holds no text."""
    even, odd = content[0:SAMPLE_BYTES:2].count(0), content[1:SAMPLE_BYTES:2].count(0)
    name = "utf-16-le" if odd > even else "utf-16-be"
    if min(even, odd) <= max(even, odd) / 20:
        try:
            return Decoded(content.decode(name), name)
        except UnicodeDecodeError:
            pass
    raise Invalid("This file holds no text: neither CSV nor a workbook.", field="file")


def _guess(content: bytes) -> str:
    """The likeliest encoding of bytes that are not UTF-8, and that surely decodes them all."""
    lines = [line for line in content.splitlines() if not line.isascii()]
    sample = b"\n".join(lines)[:SAMPLE_BYTES]
    if _looks_chinese(content, sample):
        return "gb18030"
    best = from_bytes(sample).best()
    # A stray byte in ASCII text fits many code pages; only a clear and multi-byte answer is worth believing.
    names = [best.encoding] if best is not None and best.multi_byte_usage > 0.1 else []
    for name in [*names, "cp1252", "latin-1"]:
        try:
            content.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
        return name
    return "latin-1"


def _looks_chinese(content: bytes, sample: bytes) -> bool:
    try:
        content.decode("gb18030")
    except UnicodeDecodeError:
        return False
    letters = [letter for letter in sample.decode("gb18030", "ignore") if not letter.isascii()]
    chinese = sum(
        "CJK" in unicodedata.name(letter, "") or letter in "，。；：（）、“”！？" for letter in letters
    )
    return chinese > 0.8 * len(letters)
