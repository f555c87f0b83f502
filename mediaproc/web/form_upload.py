"""A file that a form sends, without any script: its bytes go on as they come, and the other fields are few."""

from collections.abc import AsyncIterator
from urllib.parse import unquote

from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from mediaproc.web.problems import Problem, ProblemKind

# Bytes of all fields but the file, and of the headers of each.
_MOST_IN_FIELDS = 64 * 1024
_FILE = "file"


class FormUpload:
    """The parts of a `multipart/form-data` body: `fields` and `filename` stand before the file's bytes come."""

    def __init__(self, request: Request) -> None:
        """Nothing is read yet.

        Raises:
            Problem: the body is no such form.
        """
        kind, options = parse_options_header(request.headers.get("content-type", ""))
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise _unreadable()
        self.fields: dict[str, list[str]] = {}
        self.filename: str | None = None
        self._held = 0
        self._header_name = b""
        self._header_value = b""
        self._name = ""
        self._is_file = False
        self._value = b""
        self._file_pieces: list[bytes] = []
        self._has_ended = False
        self._parser = MultipartParser(
            options[b"boundary"],
            {
                "on_part_begin": self._begin_part,
                "on_part_data": self._take_data,
                "on_part_end": self._end_part,
                "on_header_field": self._take_header_name,
                "on_header_value": self._take_header_value,
                "on_header_end": self._end_header,
                "on_end": self._end,
            },
        )

    async def file_bytes(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The bytes of the file; the first piece, which may be empty, comes once the fields before it are known.

        Raises:
            Problem: the form is no good, or has no file, or not all of it came.
        """
        has_begun = False
        async for piece in body:
            self._parse(piece)
            if self.filename is not None:
                has_begun = True
                yield b"".join(self._file_pieces)
                self._file_pieces.clear()
        if not has_begun or not self._has_ended:
            raise _unreadable()

    def require_file(self) -> str:
        """The name of the file that was chosen.

        Raises:
            Problem: none was.
        """
        if not self.filename:
            raise Problem(ProblemKind.MALFORMED, "No file was chosen: go back and choose one.")
        return self.filename

    def _parse(self, piece: bytes) -> None:
        try:
            self._parser.write(piece)
        except ValueError:
            raise _unreadable() from None

    def _begin_part(self) -> None:
        self._name, self._value, self._is_file = "", b"", False

    def _take_header_name(self, data: bytes, start: int, end: int) -> None:
        self._hold(end - start)
        self._header_name += data[start:end]

    def _take_header_value(self, data: bytes, start: int, end: int) -> None:
        self._hold(end - start)
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        name, value = self._header_name.lower(), self._header_value
        self._header_name = self._header_value = b""
        if name != b"content-disposition":
            return
        _, options = parse_options_header(value)
        self._name = options.get(b"name", b"").decode(errors="replace")
        if self._name == _FILE and b"filename" in options:
            if self.filename is not None:
                raise _unreadable()
            self._is_file = True
            # Browsers write a quotation mark and a line end in a name as percent signs; others stay as they are.
            name_given = options[b"filename"].decode(errors="replace")
            self.filename = unquote(name_given) if "%22" in name_given else name_given

    def _take_data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            self._file_pieces.append(data[start:end])
        else:
            self._hold(end - start)
            self._value += data[start:end]

    def _end_part(self) -> None:
        if not self._is_file and self._name:
            self.fields.setdefault(self._name, []).append(self._value.decode(errors="replace").strip())
        self._is_file = False

    def _end(self) -> None:
        self._has_ended = True

    def _hold(self, count: int) -> None:
        self._held += count
        if self._held > _MOST_IN_FIELDS:
            raise Problem(ProblemKind.TOO_LARGE, "The form's fields beside the file are too large: leave some out.")


def _unreadable() -> Problem:
    return Problem(ProblemKind.MALFORMED, "The form cannot be read: choose one file, and send it from the page.")
