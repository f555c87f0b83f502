"""The user that a child runs as: one that may read the source without root's privileges."""

import os
from pathlib import Path

from mediaproc.core.errors import AttemptFailed, ErrorClass

_READ, _ENTER = 0o4, 0o1


def find_child_user(source: Path) -> tuple[int, int] | None:
    """The user and group that may read the source without any privilege; None: the user of this process.

    Root's children have none of root's privileges. Where a child cannot read the file as root, such as a file in
    another user's private folder, it runs as the file's owner, or as the owner of a folder on the way to it.

    Raises:
        AttemptFailed: none of these may read it.
    """
    if os.geteuid() != 0:
        return None
    path = source.resolve()
    file, folders = path.stat(), [folder.stat() for folder in path.parents]
    root = (0, 0)
    for user in dict.fromkeys((root, *((facts.st_uid, facts.st_gid) for facts in (file, *folders)))):
        if _may(user, _READ, file) and all(_may(user, _ENTER, folder) for folder in folders):
            return None if user == root else user
    raise AttemptFailed(
        "Only root's privileges can reach the file, and ffmpeg is given none: copy it to a folder of its owner.",
        error_class=ErrorClass.SOURCE_MISSING,
    )


def _may(user: tuple[int, int], wanted: int, facts: os.stat_result) -> bool:
    """Whether the permission bits alone allow that user what is `wanted`; capabilities do not count."""
    shift = 6 if user[0] == facts.st_uid else 3 if user[1] == facts.st_gid else 0
    return bool(facts.st_mode >> shift & wanted)
