"""Text that a spreadsheet would run: what it begins with, and how it is made harmless and read again."""

from __future__ import annotations

# Also in the wide forms of a Chinese keyboard, which some programs take for the narrow ones.
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(text: str) -> str:
    """The text, behind an apostrophe if a spreadsheet would take it for a formula. A number is none."""
    return "'" + text if text.startswith(DANGEROUS) and not _is_number(text) else text


def as_meant(text: str) -> str:
    """The text without the apostrophe that :func:`harmless` put before it."""
    return text[1:] if text.startswith("'") and text[1:].startswith(DANGEROUS) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
