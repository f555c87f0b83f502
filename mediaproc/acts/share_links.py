"""Let an uploader see one task, by a link that needs no login and ends by itself."""

from mediaproc.core.selection import Selection
from mediaproc.core.share_link import USUAL_LIFE, ShareLink, require_share_life
from mediaproc.db import audit
from mediaproc.db.database import Database
from mediaproc.db.tasks.selected_tasks import beginning


def share(database: Database, *, task_id: int, life: float | None = None, actor: str) -> ShareLink:
    """A link to the task, which must be there, for `life` seconds; nothing of it is kept but the line of audit.

    Raises:
        WrongUse: the life is none that is taken.
    """
    seconds = require_share_life(USUAL_LIFE if life is None else life)
    with database.write() as connection:
        audit.record(connection, actor=actor, act="share", selection=str(Selection(ids=(task_id,))), count=1)
        now = beginning(connection)
    return ShareLink(task_id=task_id, expires_at=int(now.timestamp() + seconds))
