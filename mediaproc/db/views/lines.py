"""Rows as values: each line of an answer is a frozen dataclass with the names of its columns."""

from typing import TypeVar

from sqlalchemy import Connection, text

_Line = TypeVar("_Line")


def lines(connection: Connection, line: type[_Line], statement: str, **parameters: object) -> list[_Line]:
    """The rows of a statement, each as a `line`."""
    return [line(**row) for row in connection.execute(text(statement), parameters).mappings()]
