"""A name for a source that ffmpeg takes literally: to ffmpeg, `%03d.jpg` is a sequence of pictures."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from mediaproc.core.errors import AttemptFailed, ErrorClass


@contextmanager
def literally_named(source: Path) -> Iterator[Path]:
    """The source, or a link to it where ffmpeg would take its name for a pattern.

    Needed only where the child sees the host's names: bubblewrap shows it the source under a name of ours.

    Raises:
        AttemptFailed: no link can be made.
    """
    if "%" not in str(source):
        yield source
        return
    with ExitStack() as stack:
        try:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="mediaproc-name-")))
            folder.chmod(0o711)  # the child may be another user
            # A name without a picture's extension is no pattern, even where the temporary folder's own name holds a %.
            name = folder / "source"
            name.symlink_to(source.absolute())
        except OSError as error:
            raise AttemptFailed(
                f"The name holds a %, which ffmpeg would misread, and no link can be made for it ({error.strerror}):"
                " give the file another name.",
                error_class=ErrorClass.SOURCE_MISSING,
            ) from error
        yield name
