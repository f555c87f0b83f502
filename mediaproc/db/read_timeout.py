"""How long the statements of a transaction may take that somebody waits for on a page."""

from sqlalchemy import Connection, TextClause, text

_OPTION = "mediaproc_read_timeout"


def limit_statements(connection: Connection, *, seconds: float) -> None:
    """Let each statement of the connection's transaction take so long at most."""
    connection.execution_options(**{_OPTION: seconds})
    connection.execute(statement_timeout(seconds))


def seconds_of(connection: Connection) -> float | None:
    """How long each statement of the transaction may take, where that is limited."""
    seconds: float | None = connection.get_execution_options().get(_OPTION)
    return seconds


def statement_timeout(seconds: float) -> TextClause:
    """The statement that limits those after it, until the transaction ends."""
    return text(f"SET LOCAL statement_timeout = {round(1000 * seconds)}")
