"""Small uploads that cost much: memory, time, frames, room on the disk."""

from collections.abc import Callable, Iterator
from pathlib import Path

from mediaproc.core.limits import Limits
from tests.attacks.attack import MEGABYTE, Attack, Observation
from tests.attacks.attack_folder import AttackFolder
from tests.attacks.format_writers import cluster, element, matroska, mp4, png, samples, stbl, trak, video_track

# A probe may take 512 MB and an encode of so small a film 1 GB; these eat more than half of the first.
_MUCH_MEMORY = 350 * MEGABYTE
_MANY_STREAMS = 64


def exhausts_memory(observation: Observation) -> bool:
    return observation.peak_memory > _MUCH_MEMORY


def multiplies(observation: Observation) -> bool:
    return observation.frames > 300


def _has_many_streams(observation: Observation) -> bool:
    return observation.streams > _MANY_STREAMS or observation.ended


def _fills_the_disk(observation: Observation) -> bool:
    return observation.output_size > 2 * MEGABYTE


def _memory(name: str, make: Callable[[AttackFolder], Path]) -> Attack:
    # Scaled down, as sites do it: the encoder's own memory is not the point.
    small = ("-vf", "scale=160:120")
    return Attack(name=name, make=make, harm=exhausts_memory, harm_name="memory is eaten", plain_output=small)


def _png_mkv(folder: AttackFolder, *, side: int) -> Path:
    track = video_track(codec="V_MS/VFW/FOURCC", side=(side, side), more=element(0x63A2, _bitmap(side)))
    return folder.write(matroska(tracks=track, blocks=cluster(0, png(side, side), png(side, side))), name="holiday.mkv")


def _bitmap(side: int) -> bytes:
    """BITMAPINFOHEADER: how Matroska carries the codecs of avi."""
    return (40).to_bytes(4, "little") + side.to_bytes(4, "little") * 2 + b"\1\0\x18\0MPNG" + b"\0" * 20


def _png_mov(folder: AttackFolder, *, side: int) -> Path:
    picture = png(side, side)
    head = len(mp4(trak(stbl(*samples(1, size=len(picture), offset=0), side=(side, side))), media=b""))
    table = stbl(*samples(1, size=len(picture), offset=head), side=(side, side))
    return folder.write(mp4(trak(table), media=picture), name="holiday.mov")


def _grows(folder: AttackFolder) -> Path:
    """A small first picture, then an enormous one."""
    track = video_track(codec="V_MS/VFW/FOURCC", more=element(0x63A2, _bitmap(16)))
    small, large = png(16, 16), png(12_000, 12_000)
    return folder.write(matroska(tracks=track, blocks=cluster(0, small, small, large, small)), name="holiday.mkv")


def _gif(folder: AttackFolder) -> Path:
    """A canvas of a gigabyte in a few bytes."""
    side = (16_000).to_bytes(2, "little")
    return folder.write(
        b"GIF89a" + side * 2 + b"\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\1\0\1\0\0\2\2D\1\0;", name="holiday.gif"
    )


def _claims(folder: AttackFolder, *, count: int) -> Path:
    """A sample table that claims millions of entries in 26 bytes."""
    return folder.write(mp4(trak(stbl(*samples(count, size=1, offset=600)))), name="holiday.mp4")


def _sound_claims(folder: AttackFolder) -> Path:
    traks = [trak(stbl(*samples(30_000_000, size=1, offset=600)), number=number) for number in (1, 2, 3)]
    return folder.write(mp4(*traks), name="holiday.mp4")


def _mov_tracks(folder: AttackFolder, *, count: int) -> Path:
    table = stbl(*samples(1, size=1, offset=600))
    return folder.write(mp4(*(trak(table, number=number + 1) for number in range(count))), name="holiday.mp4")


def _mkv_tracks(folder: AttackFolder, *, count: int) -> Path:
    tracks = b"".join(video_track(number + 1) for number in range(count))
    return folder.write(matroska(tracks=tracks, blocks=cluster(0, b"x")), name="holiday.mkv")


def _later(folder: AttackFolder, *, form: str, codec: str = "mjpeg", gap: int = 600, gaps: int = 1) -> Path:
    """Half a second of film, then pictures that come `gap` seconds one after the other."""
    pause = f"setpts=PTS+clip(N-12\\,0\\,{gaps})*{gap}/TB"
    return folder.clip("-vf", pause, "-fps_mode", "vfr", "-c:v", codec, form=form)


def _noise(folder: AttackFolder, *, codec: str, form: str) -> Path:
    """What no encoder can make small."""
    pixels = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    picture = ("-vf", "scale=480:360,noise=alls=100:allf=t+u", "-pix_fmt", pixels)
    return folder.clip(*picture, "-c:v", codec, "-qp", "4", "-q:v", "2", form=form)


def _bombs() -> Iterator[Attack]:
    yield _memory("picture of 12000 x 12000 in mkv", lambda folder: _png_mkv(folder, side=12_000))
    yield _memory("picture of 12000 x 12000 in mov", lambda folder: _png_mov(folder, side=12_000))
    yield _memory("a second picture that is enormous", _grows)
    yield _memory("gif with a canvas of 16000 x 16000", _gif)
    yield _memory("sample table of 88 million entries", lambda folder: _claims(folder, count=88_000_000))
    yield _memory("sample table of 40 million entries", lambda folder: _claims(folder, count=40_000_000))
    yield _memory("three tables of 30 million entries", _sound_claims)
    for form, make in (("mp4", _mov_tracks), ("mkv", _mkv_tracks)):
        for count in (600, 20_000):
            yield Attack(
                name=f"{count} tracks in {form}",
                make=lambda folder, make=make, count=count: make(folder, count=count),  # type: ignore[misc]
                harm=_has_many_streams,
                harm_name="endless streams are probed",
                plain_options=("-max_streams", "100000"),
                seconds=3.0,
            )
    for form, codec in (("matroska", "mjpeg"), ("mp4", "mpeg4"), ("flv", "flv"), ("asf", "mjpeg"), ("mov", "mjpeg")):
        yield Attack(
            name=f"a frame 600 s later in {form}",
            make=lambda folder, form=form, codec=codec: _later(folder, form=form, codec=codec),  # type: ignore[misc]
            harm=multiplies,
            harm_name="frames are multiplied",
            seconds=6.0,
        )
    for form in ("matroska", "mp4"):
        yield Attack(
            name=f"a declared duration of 10 hours in {form}",
            make=lambda folder, form=form: _later(folder, form=form, codec="mpeg4", gap=3_600, gaps=10),  # type: ignore[misc]
            harm=multiplies,
            harm_name="frames are multiplied",
            seconds=6.0,
        )
    for codec, form in (("libx264", "matroska"), ("mpeg4", "avi"), ("mjpeg", "avi")):
        yield Attack(
            name=f"noise as {codec} fills the disk",
            make=lambda folder, codec=codec, form=form: _noise(folder, codec=codec, form=form),  # type: ignore[misc]
            harm=_fills_the_disk,
            harm_name="the disk fills up",
            limits=Limits(max_output_bytes=MEGABYTE),
            plain_output=("-crf", "1"),
        )


BOMBS: tuple[Attack, ...] = tuple(_bombs())
