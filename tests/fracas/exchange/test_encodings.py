"""Bytes become the right letters, and what cannot be text is refused."""

from __future__ import annotations

import codecs

import pytest

from fracas.core.errors import Invalid
from fracas.exchange.encodings import decode

CHINESE = "序列号,故障现象\n0022,制动不缓解，漏气\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"a,b\n", "utf-8"),
        (CHINESE.encode(), "utf-8"),
        (codecs.BOM_UTF8 + CHINESE.encode(), "utf-8-sig"),
        (CHINESE.encode("utf-16"), "utf-16"),
        (CHINESE.encode("gb18030"), "gb18030"),
    ],
)
def test_an_encoding_is_told_from_the_bytes(content: bytes, encoding: str) -> None:
    decoded = decode(content)
    assert decoded.encoding == encoding
    assert decoded.text in ("a,b\n", CHINESE)


def test_a_stray_byte_in_western_text_survives() -> None:
    decoded = decode(b"id,text\n1,DOOR STUCK\xfd NO GO\n" * 50)
    assert decoded.encoding == "cp1252"
    assert decoded.text.count("DOOR STUCK\u00fd NO GO") == 50
    assert decoded.note is not None


def test_bytes_that_cp1252_leaves_undefined_are_read_too() -> None:
    assert decode(b"caf\xe9 \x81\n").encoding == "latin-1"


def test_text_of_two_bytes_a_letter_without_its_mark() -> None:
    assert decode("serial,name\n1,x\n".encode("utf-16-le")).text == "serial,name\n1,x\n"


def test_a_mark_is_stronger_than_the_map() -> None:
    assert decode(codecs.BOM_UTF8 + "é".encode(), "cp1252").text == "é"


def test_the_map_is_stronger_than_a_guess() -> None:
    assert decode(b"\xfd", "cp1250").text == "ý"


def test_a_wrong_encoding_names_the_byte_and_the_line() -> None:
    with pytest.raises(Invalid, match="byte 0xFD in line 2"):
        decode(b"a\nb\xfd\n", "utf-8")


def test_an_unknown_encoding_is_refused() -> None:
    with pytest.raises(Invalid, match="klingon"):
        decode(b"a", "klingon")


def test_a_picture_is_no_text() -> None:
    with pytest.raises(Invalid, match="no text"):
        decode(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 4)


@pytest.mark.parametrize("name", ["zip", "hex", "rot13", "base64", "undefined", "\0", "x" * 3000])
def test_what_is_no_encoding_of_text_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        decode(b"a,b\n", name)


def test_half_a_letter_is_no_text() -> None:
    with pytest.raises(Invalid, match="not unicode-escape"):
        decode(b"\\ud800,b\n", "unicode_escape")


def test_a_zero_byte_here_and_there_is_left_to_its_row() -> None:
    assert decode(b"a,b\n" * 100 + b"x\0,y\n").text.count("\0") == 1
