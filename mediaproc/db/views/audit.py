"""What persons and programs did, the latest first."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Text, literal_column, select

from mediaproc.db.schema import media_audit
from mediaproc.db.schema.audit import KIND

_audit = media_audit.c


@dataclass(frozen=True, kw_only=True)
class AuditLine:
    """One act, or a batch of a large one: who did what to how many of what was meant."""

    id: int
    at: datetime
    actor: str
    act: str
    selection: str
    count: int
    because: str | None


def audit_lines(
    connection: Connection, *, limit: int, actor: str | None = None, act: str | None = None, before: int | None = None
) -> list[AuditLine]:
    """The lines, of one `actor` and of one `act` where they are named; with `before`, those earlier than this line.

    An `act` of one word, such as `schedule`, is each that begins with this word.
    """
    found = select(*(_audit[name] for name in AuditLine.__dataclass_fields__)).order_by(_audit.id.desc()).limit(limit)
    if actor is not None:
        found = found.where(_audit.actor == actor)
    if act is not None:
        kind = act.partition(" ")[0]
        found = found.where(literal_column(KIND, Text) == kind)
        if act != kind:
            found = found.where(_audit.act == act)
    if before is not None:
        found = found.where(_audit.id < before)
    return [AuditLine(**row) for row in connection.execute(found).mappings()]
