from mediaproc.ffmpeg.damage_counter import _Reader
from mediaproc.ffmpeg.error_log import ErrorLog

LOG = b"""\
[warning] film.mp4: corrupt decoded frame in stream 0
[h264 @ 0x5602] [error] error while decoding MB 1 0, bytestream 3236
[vist#0:0/h264 @ 0x5602] [dec:h264 @ 0x77] [warning] corrupt decoded frame
[mp4 @ 0x5602] [warning] Timestamps are unset
"""


def test_damaged_pictures_are_counted_and_only_errors_kept() -> None:
    error_log = ErrorLog()
    assert error_log.keep(LOG) == b"[h264 @ 0x5602] error while decoding MB 1 0, bytestream 3236\n"
    assert error_log.damaged_pictures == 2


def test_what_a_warning_says_on_further_lines_is_no_error() -> None:
    """As ffmpeg says it of each track whose codec it does not know."""
    error_log = ErrorLog()
    warned = b"""\
[mov,mp4,m4a,3gp,3g2,mj2 @ 0x5602] [warning] Could not find codec parameters for stream 1 (Audio: none): unknown codec
Consider increasing the value for the 'analyzeduration' (0) and 'probesize' (5000000) options
"""
    assert error_log.keep(warned) == b""
    assert error_log.keep(b"[error] Two lines\nof one\n" + warned) == b"Two lines\nof one\n"


def test_what_is_said_before_any_level_is_kept() -> None:
    assert ErrorLog().keep(b"sandbox: too low\n") == b"sandbox: too low\n"


def test_a_line_in_many_pieces_is_one_and_the_last_needs_no_end() -> None:
    error_log = ErrorLog()
    kept = b"".join(error_log.keep(bytes((byte,))) for byte in LOG + b"[error] out of words")
    assert kept + error_log.keep(b"") == b"[h264 @ 0x5602] error while decoding MB 1 0, bytestream 3236\nout of words\n"
    assert error_log.damaged_pictures == 2


def test_a_line_without_an_end_is_not_kept_for_ever() -> None:
    error_log = ErrorLog()
    kept = sum(len(error_log.keep(b"x" * 60_000)) for _ in range(50))
    assert kept >= 50 * 60_000
    assert len(error_log._line) < 5_000  # noqa: SLF001 - what it holds back has no other name


def _picture(*, key: bool = False, complains: bool = False) -> bytes:
    said = b'                { "level": 16 }' if complains else b""
    return b'        { "key_frame": %d,\n            "logs": [\n%b\n            ] },\n' % (key, said)


def test_a_picture_of_which_the_decoder_complains_is_counted_once() -> None:
    reader = _Reader(spreads=False)
    for byte in _picture(key=True) + _picture(complains=True) + _picture() + _picture(complains=True):
        reader.read(bytes((byte,)))
    assert reader.damaged == 2


def test_what_no_decoder_mends_spreads_up_to_the_next_key_frame() -> None:
    reader = _Reader(spreads=True)
    reader.read(_picture(key=True) + _picture(complains=True) + _picture() * 3 + _picture(key=True) + _picture())
    assert reader.damaged == 4
