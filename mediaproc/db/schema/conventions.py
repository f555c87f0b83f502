"""What all tables share: the names of their constraints, and the column that says when a row was made."""

from sqlalchemy import Column, DateTime, MetaData, func

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "ck": "%(constraint_name)s",
    }
)

Moment = DateTime(timezone=True)


def now_by_default(name: str) -> Column[object]:
    """A column that holds the time of its row's transaction where no other is given."""
    return Column(name, Moment, nullable=False, server_default=func.now())
