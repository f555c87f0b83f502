"""How a child comes to read its source: as whom, where root would need its privileges, and under what name."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from mediaproc.core.errors import AttemptFailed, ErrorClass

_READ, _ENTER = 0o4, 0o1


def reader_of(source: Path) -> tuple[int, int] | None:
    """The user and group that may read the source without any privilege; None: whoever runs this.

    Root's children have none of root's privileges: where they cannot read the file as root, such as one in another
    user's private folder, they do it as its owner, or as the owner of a folder on the way to it.

    Raises:
        AttemptFailed: nobody may.
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
    """What the permission bits say to that user, without capabilities."""
    shift = 6 if user[0] == facts.st_uid else 3 if user[1] == facts.st_gid else 0
    return bool(facts.st_mode >> shift & wanted)


@contextmanager
def plainly_named(source: Path) -> Iterator[Path]:
    """The source under a name in which ffmpeg sees no pattern: to it, `%03d.jpg` is a sequence of pictures.

    Only where the child sees the host's names; bubblewrap gives it one of ours.

    Raises:
        AttemptFailed: there is no place for such a name.
    """
    if "%" not in str(source):
        yield source
        return
    with ExitStack() as stack:
        try:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="mediaproc-name-")))
            folder.chmod(0o711)  # the child may be another user
            # Without an ending no name is one of pictures, whatever the temporary folder is called.
            name = folder / "source"
            name.symlink_to(source.absolute())
        except OSError as error:
            raise AttemptFailed(
                f"The name holds a %, which ffmpeg would misread, and no link can be made for it ({error.strerror}):"
                " give the file another name.",
                error_class=ErrorClass.SOURCE_MISSING,
            ) from error
        yield name
