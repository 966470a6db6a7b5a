"""What a workbook will take once it is unpacked, counted before anything is unpacked into memory.

The reader lays a sheet out as a full rectangle and copies a shared text into every cell that names it. So a file of one
kilobyte with a cell in the last corner asks for half a terabyte, and the program that reads it is ended by the machine.
"""

from __future__ import annotations

import functools
import io
import re
import zipfile
from collections.abc import Callable
from typing import IO
from xml.parsers import expat

from fracas.core.errors import Invalid

LARGEST_BYTES = 1_000_000_000
LARGEST_AREA = 20_000_000
LARGEST_TEXT = 500_000_000
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
PLACE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
CHUNK = 1 << 20


def refuse_bomb(content: bytes) -> None:
    """Refuse a workbook that the machine could not hold, or that is no XLSX at all.

    Raises
    ------
    Invalid : it is no XLSX, or what is too large in it.
    zipfile.BadZipFile, zlib.error, expat.ExpatError, ValueError, RuntimeError : it is damaged or needs a password.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        if not any(member.filename == "xl/workbook.xml" for member in members):
            raise Invalid("This is no XLSX workbook. Save it as XLSX or CSV.", field="file")
        if sum(member.file_size for member in members) > LARGEST_BYTES:
            raise _too_large()
        # The texts come first: a sheet is only as large as the texts that its cells name.
        members.sort(key=lambda member: "sharedStrings" not in member.filename)
        texts: list[int] = []
        for member in members:
            with archive.open(member) as stream:
                _Part(texts).read(stream)


def _too_large() -> Invalid:
    return Invalid("The workbook is too large once unpacked; split it, or save it as CSV.", field="file")


class _Part:
    """One file of the workbook; what is no XML is only unpacked, which checks its size and its sum.

    Parameters
    ----------
    texts : the lengths of the shared texts; the part that holds them adds to it.
    """

    def __init__(self, texts: list[int]) -> None:
        self.texts = texts
        self.row = self.column = self.last_row = self.last_column = self.size = 0
        self.names_text = False
        self.parser = expat.ParserCreate("UTF-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start

    def read(self, stream: IO[bytes]) -> None:
        chunk = stream.read(CHUNK)
        is_xml = chunk.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
        while chunk:
            if is_xml:
                self.parser.Parse(chunk)
            chunk = stream.read(CHUNK)
        if is_xml:
            self.parser.Parse(b"", True)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "c":
            self.names_text = attributes.get("t") == "s"
            self._place(attributes.get("r"))
        elif tag in ("v", "is"):
            if self.row > self.last_row or self.column > self.last_column:
                self._reaches_further()
            if self.names_text:
                self._listen(self._named)
        elif tag == "row":
            self.row, self.column = int(attributes.get("r") or self.row + 1), 0
        elif tag == "si":
            self.texts.append(0)
            self._listen(self._shared)

    def _listen(self, handler: Callable[[str], None] | None) -> None:
        """Text is asked for only where it matters, which is what makes this fast."""
        self.parser.CharacterDataHandler = handler
        self.parser.EndElementHandler = self._end if handler else None

    def _end(self, name: str) -> None:
        if name.rpartition(":")[2] in ("v", "is", "si"):
            self._listen(None)

    def _place(self, written: str | None) -> None:
        if written is None:
            self.column += 1
            return
        found = PLACE.fullmatch(written)
        if found is None:
            raise expat.ExpatError(f"no cell is called {written[:20]}")
        letters, row = found.groups()
        self.row, self.column = int(row), _column(letters)

    def _reaches_further(self) -> None:
        """A cell with a value, outside of the rectangle so far; one that only has a colour takes no room."""
        self.last_row, self.last_column = max(self.last_row, self.row), max(self.last_column, self.column)
        if self.last_row > LAST_ROW or self.last_column > LAST_COLUMN:
            raise expat.ExpatError("a cell lies outside of the sheet")
        if self.last_row * self.last_column > LARGEST_AREA:
            raise Invalid(
                "The sheet reaches to row %(row)s and column %(column)s, which is too large to read: delete the cells far "
                "away from the table, or save it as CSV.",
                field="file",
                row=self.last_row,
                column=self.last_column,
            )

    def _named(self, text: str) -> None:
        number = int(text)
        self.size += self.texts[number] if 0 <= number < len(self.texts) else 0
        if self.size > LARGEST_TEXT:
            raise _too_large()

    def _shared(self, text: str) -> None:
        self.texts[-1] += len(text)


@functools.cache
def _column(letters: str) -> int:
    """A is 1, Z 26, AA 27."""
    number = 0
    for letter in letters.upper():
        number = 26 * number + ord(letter) - 64
    return number
