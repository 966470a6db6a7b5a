"""From a cell to a value: text that stays text, numbers, days, yes and no, coded words. Refusals say what was expected."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from fracas.core.errors import Invalid
from fracas.core.spreadsheets import as_meant
from fracas.core.words import N_
from fracas.exchange.tables import Cell

YES = frozenset("yes y true t 1 x 是 有 对".split())
NO = frozenset("no n false f 0 否 无 不".split())
AGE = re.compile(r"\s*([\w .-]+?)\s*[=:]\s*(\S+)\s*")


ZERO_BYTE = N_("The text holds a zero byte: the file is damaged here.")


def refuse_zero_byte(cell: Cell) -> None:
    """No database keeps one in a text, and what a file holds beside it cannot be trusted."""
    if isinstance(cell, str) and "\x00" in cell:
        raise Invalid(ZERO_BYTE)


def plain_text(cell: Cell) -> str:
    """What a person would read in the cell; a number of a workbook without the ``.0`` that it never had."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime | date | time):
        return cell.isoformat(sep=" ") if isinstance(cell, datetime) else cell.isoformat()
    return as_meant(str(cell).strip())


def number(cell: Cell, *, decimal: str = ".", thousands: str = "") -> float:
    """A finite number; ``decimal`` and ``thousands`` are the marks that the file uses."""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        value = float(cell)
    else:
        text = plain_text(cell)
        if thousands:
            text = text.replace(thousands, "")
        try:
            value = float(text.replace(decimal, ".") if decimal != "." else text)
        except ValueError:
            raise Invalid("“%(value)s” is not a number.", value=plain_text(cell)) from None
    if not math.isfinite(value):
        raise Invalid("“%(value)s” is not a number.", value=plain_text(cell))
    return value


def yes_or_no(cell: Cell) -> bool:
    if isinstance(cell, bool):
        return cell
    text = plain_text(cell).lower()
    if text in YES:
        return True
    if text in NO:
        return False
    raise Invalid("“%(value)s” is neither yes nor no.", value=plain_text(cell))


def coded(cell: Cell, choices: type[StrEnum]) -> str:
    """One of the values of ``choices``; spaces and capitals do not matter."""
    text = plain_text(cell)
    key = re.sub(r"[\s-]+", "_", text.lower())
    if key not in {choice.value for choice in choices}:
        raise Invalid(
            "“%(value)s” is not one of: %(choices)s. Translate it in the map ([translate.…]).",
            value=text,
            choices=", ".join(choice.value for choice in choices),
        )
    return key


def ages(cell: Cell) -> Mapping[str, float]:
    """``calendar=120; km=30500`` as {metric: age}; a bare number counts calendar days."""
    if isinstance(cell, int | float) or re.fullmatch(r"[\d.]+", plain_text(cell)):
        return {"calendar": number(cell)}
    found: dict[str, float] = {}
    for piece in plain_text(cell).split(";"):
        if not piece.strip():
            continue
        match = AGE.fullmatch(piece)
        if match is None:
            raise Invalid("“%(value)s” is no age; write calendar=120; km=30500.", value=plain_text(cell))
        found[match.group(1)] = number(match.group(2))
    return found


def answers(cell: Cell, questions: Sequence[str]) -> Mapping[str, str]:
    """``no`` for every question, or ``question=answer`` pairs; what is left out is answered no."""
    text = plain_text(cell)
    if "=" not in text:
        return dict.fromkeys(questions, text.lower())
    pairs = dict(piece.split("=", 1) for piece in text.split(";") if "=" in piece)
    said = {question.strip(): answer.strip().lower() for question, answer in pairs.items()}
    strangers = sorted(set(said) - set(questions))
    if strangers:
        raise Invalid("“%(value)s” is no question of the scoring ladder.", value=strangers[0])
    return {question: said.get(question, "no") for question in questions}


def listed(cell: Cell) -> list[str]:
    """``a; b; c`` as a list."""
    return [piece.strip() for piece in plain_text(cell).split(";") if piece.strip()]


def is_span(cell: Cell) -> bool:
    """A workbook shows long durations as times; none of our fields is one."""
    return isinstance(cell, timedelta | time)
