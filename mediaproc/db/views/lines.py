"""Rows as values: each line of an answer is a frozen dataclass with the names of its columns."""

from dataclasses import fields
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection, text

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_Line = TypeVar("_Line", bound="DataclassInstance")


def lines(connection: Connection, line: type[_Line], statement: str, **parameters: object) -> list[_Line]:
    """The rows of a statement, each as a `line`.

    What a `line` has no name for is left out: the tables of a later version may have views with further columns.
    """
    names = [field.name for field in fields(line)]
    rows = connection.execute(text(statement), parameters).mappings()
    return [line(**{name: row[name] for name in names}) for row in rows]
