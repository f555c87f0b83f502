"""Bare streams and recordings that cost much: memory, time, frames."""

import struct
from collections.abc import Iterator
from pathlib import Path

from tests.attacks import elementary_streams, wtv
from tests.attacks.attack import MEGABYTE, Attack, Observation
from tests.attacks.attack_folder import AttackFolder, make_clip
from tests.attacks.makers.bombs import exhausts_memory, multiplies

# A picture's sides (pixels) that a few bytes claim.
_SIDE = 12_000

# More than one allocation may be (bytes).
_MUCH = 600 * MEGABYTE

# Scaled down, as sites do it: the encoder's own memory is not the point.
_SMALL = ("-vf", "scale=160:120")


def _stream(folder: AttackFolder, form: str, *options: str) -> bytes:
    return make_clip(folder.ffmpeg, (*elementary_streams.ENCODERS[form], *options), form)


def _enormous(folder: AttackFolder, *, form: str) -> Path:
    return folder.write(
        elementary_streams.claiming(_stream(folder, form), form=form, side=_SIDE), name=f"holiday.{form}"
    )


def _grows(folder: AttackFolder, *, form: str) -> Path:
    """A film of small pictures, then one of enormous ones."""
    stream = _stream(folder, form)
    return folder.write(stream + elementary_streams.claiming(stream, form=form, side=_SIDE), name=f"holiday.{form}")


def _headers(folder: AttackFolder, *, form: str) -> Path:
    """What stands once before the first picture, a hundred thousand times, and no picture."""
    return folder.write(
        elementary_streams.headers_of(_stream(folder, form), form=form) * 100_000, name=f"holiday.{form}"
    )


def _slows_down(folder: AttackFolder) -> Path:
    """A second of film, then pictures of which each says that it stays for ten minutes."""
    later = _stream(folder, "hevc", "-bsf:v", "hevc_metadata=tick_rate=1/600")
    return folder.write(_stream(folder, "hevc") + later, name="holiday.hevc")


def _chunks(folder: AttackFolder) -> list[bytes]:
    return list(wtv.chunks_of(make_clip(folder.ffmpeg, ("-c:v", "mpeg2video"), "wtv")))


def _recorded(folder: AttackFolder, *chunks: bytes, endless: str = "", **files: bytes) -> Path:
    inside = {wtv.TIMELINE: wtv.film(chunks), **files}
    return folder.write(wtv.recording(inside, endless=endless), name="holiday.wtv")


def _film_without_end(folder: AttackFolder) -> Path:
    """Its chunks say no times, so that time goes on as they come again."""
    timeless = (chunk for chunk in _chunks(folder) if not chunk.startswith(wtv.TIME))
    return _recorded(folder, *timeless, endless=wtv.TIMELINE)


def _index_without_end(folder: AttackFolder) -> Path:
    entries = b"".join(struct.pack("<QQ", 1_000 * place, place) for place in range(16_384))
    return _recorded(folder, *_chunks(folder), endless=wtv.TIMES, **{wtv.TIMES: entries})


def _thumbnail(folder: AttackFolder) -> Path:
    attributes = wtv.thumbnail(_MUCH).ljust(64 * wtv.SECTOR, b"A")
    return _recorded(folder, *_chunks(folder), endless=wtv.ATTRIBUTES, **{wtv.ATTRIBUTES: attributes})


def _packet(folder: AttackFolder) -> Path:
    chunks = _chunks(folder)
    place, first = next((place, one) for place, one in enumerate(chunks) if one.startswith(wtv.BYTES))
    return _recorded(folder, *chunks[:place], wtv.chunk(wtv.BYTES, b"", like=first, size=_MUCH), endless=wtv.TIMELINE)


def _nested(folder: AttackFolder) -> Path:
    """The description of a stream in that of a stream, 50,000 times: ffmpeg calls itself for each."""
    chunks = _chunks(folder)
    place, first = next((place, one) for place, one in enumerate(chunks) if one.startswith(wtv.STREAM))
    begin, media, kind, form = first[32:60], first[60:76], first[76:92], first[104:120]
    levels = (kind + form) * 50_000
    description = begin + media + kind + bytes(12) + form + struct.pack("<L", len(levels)) + levels
    nested = wtv.chunk(wtv.STREAM, description, like=first)
    return _recorded(folder, *chunks[:place], nested, *chunks[place:])


def _goes_on(observation: Observation) -> bool:
    return observation.ended or observation.outcome == "timed_out"


def _streams() -> Iterator[Attack]:
    for form, named in (("h264", "H.264"), ("hevc", "HEVC")):
        for what, make in (
            (f"picture of {_SIDE} x {_SIDE}", _enormous),
            ("a second picture that is enormous", _grows),
            ("a hundred thousand headers and no picture", _headers),
        ):
            yield Attack(
                name=f"{what} in bare {named}",
                make=lambda folder, make=make, form=form: make(folder, form=form),  # type: ignore[misc]
                harm=exhausts_memory,
                harm_name="memory is eaten",
                plain_output=_SMALL,
                seconds=10.0,
            )
    yield Attack(
        name="a frame 600 s later in bare HEVC",
        make=_slows_down,
        harm=multiplies,
        harm_name="frames are multiplied",
        seconds=6.0,
    )


def _recordings() -> Iterator[Attack]:
    yield Attack(
        name="a wtv whose film leads back to its begin",
        make=_film_without_end,
        harm=multiplies,
        harm_name="frames are multiplied",
        seconds=6.0,
    )
    yield Attack(
        name="a wtv whose index leads back to its begin",
        make=_index_without_end,
        harm=_goes_on,
        harm_name="it goes on and on",
        seconds=3.0,
    )
    for what, make in (("cover", _thumbnail), ("packet", _packet)):
        yield Attack(
            name=f"a {what} of 600 MB in a wtv of 300 KB",
            make=make,
            harm=exhausts_memory,
            harm_name="memory is eaten",
        )


STREAMS: tuple[Attack, ...] = (*_streams(), *_recordings())

# ffmpeg 5.1 calls itself for each level and dies of it, plain or confined: kept to show that only the child does.
BREAKS_FFMPEG = Attack(
    name="a stream's description in another's, 50,000 times in wtv",
    make=_nested,
    harm=lambda observation: observation.outcome not in {"-11, -11", "transcode_failed"},
    harm_name="another than ffmpeg dies",
)
