"""How commands print: tables for people, JSON for programs."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table

__all__ = ["print_json", "print_table"]

WIDE = 500
"""Columns where nobody looks at the terminal's edge: a file or a pipe gets every value whole."""


def print_json(value: object) -> None:
    json.dump(value, sys.stdout, indent=2, ensure_ascii=False, default=_plain)
    print()


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    console = Console(width=None if sys.stdout.isatty() else WIDE, highlight=False)
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    console.print(table)


def _cell(value: object) -> str:
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.astimezone().strftime("%Y-%m-%d %H:%M")
        case _:
            # Names come from people; brackets in them are no markup and control characters no commands.
            return "".join(char if char.isprintable() else "�" for char in str(value)).replace("[", r"\[")


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
