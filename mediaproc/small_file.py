"""Reads a small text file that a person names in an option, and never waits for it."""

import os
import stat
from pathlib import Path

# Far more than settings or profiles need (bytes).
_MOST = 1024 * 1024


def read_small_file(path: Path) -> str:
    """The whole text.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no regular file, too large, or not UTF-8; the message continues a sentence after its name.
    """
    # Without O_NONBLOCK the opening of a pipe waits for its writer, and no signal ends that.
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("is no file but something else, such as a pipe or a device")
        content = file.read(_MOST + 1)
    if len(content) > _MOST:
        raise ValueError(f"has more than {_MOST // 1024**2} MB")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise ValueError("is not text in UTF-8") from None
