"""What the exit codes mean, and how failures become one."""

import asyncio
import sqlite3
import sys
from collections.abc import Coroutine
from enum import IntEnum
from typing import NoReturn, TypeVar

import typer
from sqlalchemy.exc import SQLAlchemyError

from beamdesk.gateway.storage.migration import MigrationRefused
from beamdesk.gateway.storage.preparation import DatabaseUnusable

__all__ = ["Exit", "fail", "run"]

Result = TypeVar("Result")


class Exit(IntEnum):
    """Exit codes that scripts can use."""

    DONE = 0
    FAILED = 1
    """It was tried and failed, or what was checked is not in order."""
    USAGE = 2
    CONFIGURATION = 3
    DATABASE = 4
    """The database is missing, unreachable, or of another version."""
    NOT_FOUND = 5


def fail(code: Exit, *sentences: str) -> NoReturn:
    """Say why on standard error and end with *code*."""
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    raise typer.Exit(code)


def run(work: Coroutine[object, object, Result]) -> Result:
    """Run *work* to its end; what is wrong with the database becomes a sentence and an exit code."""
    try:
        return asyncio.run(work)
    except MigrationRefused as refusal:
        fail(Exit.DATABASE, str(refusal))
    except DatabaseUnusable as unusable:
        fail(Exit.DATABASE, str(unusable))
    except (SQLAlchemyError, OSError, sqlite3.Error) as error:
        fail(Exit.DATABASE, str(DatabaseUnusable.because(error)))
