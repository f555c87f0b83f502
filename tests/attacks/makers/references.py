"""Uploads that name other files or hosts, and hope that something opens them."""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.attacks.attack import Attack, connects, opens
from tests.attacks.attack_folder import AttackFolder
from tests.attacks.format_writers import element, full, matroska, mp4, samples, stbl, trak, video_track
from tests.attacks.passwd import PASSWD

# What guides on the web tell people to add when ffmpeg refuses a playlist.
_ANY_PROTOCOL = ("-protocol_whitelist", "file,crypto,data,concat,subfile,http,tcp,udp,rtp,async,cache")
_ANY_EXTENSION = ("-allowed_extensions", "ALL", "-allowed_segment_extensions", "ALL", "-extension_picky", "0")

_Text = Callable[[AttackFolder], str]


def _playlist(*lines: str) -> str:
    return "\n".join(("#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:2", *lines, "#EXT-X-ENDLIST", ""))


def _segment(url: str) -> str:
    return _playlist("#EXTINF:1.0,", url)


def _hls() -> Iterator[tuple[str, _Text, tuple[str, ...]]]:
    yield "sibling", lambda _: _segment("sibling.mp4"), ()
    yield "sibling in its own folder", lambda _: _segment("./sibling.mp4"), ()
    yield "absolute path", lambda folder: _segment(str(folder.sibling)), ()
    yield "file: address", lambda folder: _segment(f"file:{folder.sibling}"), ()
    yield "file:// address", lambda folder: _segment(f"file://{folder.sibling}"), ()
    yield "parent folder", lambda folder: _segment(f"../{folder.path.name}/sibling.mp4"), ()
    yield "piece of a file", lambda _: _playlist("#EXTINF:1.0,", "#EXT-X-BYTERANGE:2000@0", "sibling.mp4"), ()
    yield "initial section", lambda _: _playlist('#EXT-X-MAP:URI="sibling.mp4"', "#EXTINF:1.0,", "sibling.mp4"), ()
    yield "second segment", lambda _: _playlist("#EXTINF:1.0,", "gone.mp4", "#EXTINF:1.0,", "sibling.mp4"), ()
    yield (
        "variant playlist",
        lambda _: _playlist("#EXT-X-STREAM-INF:BANDWIDTH=1", "sibling.mp4"),
        (),
    )
    yield (
        "key file",
        lambda _: _playlist('#EXT-X-KEY:METHOD=AES-128,URI="sibling.mp4"', "#EXTINF:1.0,", "sibling.mp4"),
        (),
    )


def _concat() -> Iterator[tuple[str, _Text, tuple[str, ...]]]:
    yield "sibling", lambda _: "ffconcat version 1.0\nfile sibling.mp4\n", ()
    yield "sibling twice", lambda _: "ffconcat version 1.0\nfile sibling.mp4\nfile sibling.mp4\n", ()
    yield "piece of a sibling", lambda _: "ffconcat version 1.0\nfile sibling.mp4\ninpoint 0.2\noutpoint 0.6\n", ()
    yield "absolute path", lambda folder: f"ffconcat version 1.0\nfile {folder.sibling}\n", ("-safe", "0")
    yield (
        "file: address",
        lambda folder: f"ffconcat version 1.0\nfile file:{folder.sibling}\n",
        ("-safe", "0"),
    )


def _mpd(base: str) -> str:
    return (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" minBufferTime="PT1S"'
        ' mediaPresentationDuration="PT1S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period>'
        '<AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="9" codecs="avc1" width="160"'
        f' height="120"><BaseURL>{base}</BaseURL></Representation></AdaptationSet></Period></MPD>'
    )


def _dash() -> Iterator[tuple[str, _Text, tuple[str, ...]]]:
    yield "sibling", lambda _: _mpd("sibling.mp4"), ()
    yield "absolute path", lambda folder: _mpd(str(folder.sibling)), ()
    yield "file: address", lambda folder: _mpd(f"file:{folder.sibling}"), ()


def _sdp(folder: AttackFolder) -> str:
    return (
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
        f"m=video {folder.port - folder.port % 2} RTP/AVP 96\na=rtpmap:96 H264/90000\n"
    )


def _alias(folder: AttackFolder, *, absolute: bool) -> bytes:
    """A Macintosh alias record as QuickTime's external data references carry it."""
    path = str(folder.sibling).encode()
    text = path + b"\0" if len(path) % 2 else path
    levels = struct.pack(">HH", *((0, 0) if absolute else (1, 1)))
    record = b"\0" * 10 + b"\0" * 28 + b"\0" * 12 + b"\x0bsibling.mp4".ljust(64, b"\0") + b"\0" * 16 + levels
    record += b"\0" * 16 + struct.pack(">HH", 2, len(path)) + text + struct.pack(">HH", 0xFFFF, 0)
    return full(b"alis", record)


def _external(folder: AttackFolder, *, absolute: bool) -> Path:
    size = folder.sibling.stat().st_size
    table = stbl(*samples(4, size=min(500, size), offset=0))
    return folder.write(mp4(trak(table, drefs=_alias(folder, absolute=absolute))), name="holiday.mov")


def _vobsub(folder: AttackFolder) -> Path:
    (folder.path / "holiday.sub").write_bytes(folder.sibling.read_bytes())
    index = "# VobSub index file, v7 (do not modify this line!)\nsize: 720x576\nid: en, index: 0\n"
    return folder.write(index + "timestamp: 00:00:00:001, filepos: 000000000\n")


def _attachment(folder: AttackFolder) -> Path:
    """An attached file whose name leads elsewhere."""
    attached = element(
        0x61A7, element(0x466E, "dropped-by-the-upload"), element(0x4660, "font/ttf"), element(0x465C, b"hostile")
    )
    film = folder.clip("-c:v", "mjpeg", form="matroska", name="holiday.mkv").read_bytes()
    font = element(0x1941A469, attached + element(0x46AE, 1))
    start = film.index(bytes.fromhex("1549a966"))
    return folder.write(film[:start] + font + film[start:], name="holiday.mkv")


def _texts(form: str, cases: Iterator[tuple[str, _Text, tuple[str, ...]]]) -> Iterator[Attack]:
    for name, text, options in cases:
        yield Attack(
            name=f"{form}: {name}",
            make=lambda folder, text=text: folder.write(text(folder)),  # type: ignore[misc]
            harm=opens,
            harm_name="another's file is opened",
            plain_options=options,
        )


def _network(name: str, make: _Text, *options: str) -> Attack:
    return Attack(
        name=name,
        make=lambda folder: folder.write(make(folder)),
        harm=connects,
        harm_name="a host is contacted",
        plain_options=(*_ANY_PROTOCOL, *options),
        seconds=4.0,
    )


def _loopback(folder: AttackFolder) -> str:
    return f"http://127.0.0.1:{folder.port}/film.ts"


REFERENCES: tuple[Attack, ...] = (
    *_texts("HLS", _hls()),
    *_texts("ffconcat", _concat()),
    *_texts("DASH", _dash()),
    Attack(
        name="HLS: a text file",
        make=lambda folder: folder.write(_segment(str(folder.secret))),
        harm=opens,
        harm_name="another's file is opened",
        plain_options=_ANY_EXTENSION,
        watched="secret.txt",
    ),
    Attack(
        name="HLS: /etc/passwd",
        make=lambda folder: folder.write(_segment("/etc/passwd")),
        harm=opens,
        harm_name="another's file is opened",
        plain_options=_ANY_EXTENSION,
        watched=PASSWD,
    ),
    Attack(
        name="ffconcat: /etc/passwd",
        make=lambda folder: folder.write("ffconcat version 1.0\nfile /etc/passwd\n"),
        harm=opens,
        harm_name="another's file is opened",
        plain_options=("-safe", "0"),
        watched=PASSWD,
    ),
    Attack(
        name="ffconcat: a text file",
        make=lambda folder: folder.write("ffconcat version 1.0\nfile secret.txt\n"),
        harm=opens,
        harm_name="another's file is opened",
        watched="secret.txt",
    ),
    _network("HLS: loopback address", lambda folder: _segment(_loopback(folder))),
    _network(
        "HLS: key from a loopback address",
        lambda folder: _playlist(f'#EXT-X-KEY:METHOD=AES-128,URI="{_loopback(folder)}"', "#EXTINF:1.0,", "sibling.mp4"),
    ),
    _network(
        "HLS: playlist from a loopback address",
        lambda folder: _playlist("#EXT-X-STREAM-INF:BANDWIDTH=1", _loopback(folder)),
    ),
    _network(
        "ffconcat: loopback address",
        lambda folder: f"ffconcat version 1.0\nfile {_loopback(folder)}\n",
        "-safe",
        "0",
    ),
    _network("DASH: loopback address", lambda folder: _mpd(_loopback(folder))),
    _network("SDP: a port to listen on", _sdp),
    Attack(
        name="mov: external data by relative alias",
        make=lambda folder: _external(folder, absolute=False),
        harm=opens,
        harm_name="another's file is opened",
        plain_options=("-enable_drefs", "1"),
        by_name=True,
    ),
    Attack(
        name="mov: external data by absolute alias",
        make=lambda folder: _external(folder, absolute=True),
        harm=opens,
        harm_name="another's file is opened",
        plain_options=("-enable_drefs", "1", "-use_absolute_path", "1"),
    ),
    Attack(
        name="VobSub: the index names its pictures",
        make=_vobsub,
        harm=opens,
        harm_name="another's file is opened",
        watched="holiday.sub",
    ),
    Attack(
        name="mkv: an attachment with a file's name",
        make=_attachment,
        harm=lambda observation: "dropped-by-the-upload" in observation.appeared,
        harm_name="a file is written",
        plain_options=("-dump_attachment:t", ""),
    ),
)

# Matroska can name segments in other files. ffmpeg follows no such link (players do): kept to notice when that changes.
TRIPWIRE = Attack(
    name="mkv: linked segments",
    make=lambda folder: folder.write(
        matroska(tracks=video_track(), blocks=b"", more=element(0x1549A966, element(0x3C83AB, "sibling.mp4")))
    ),
    harm=opens,
    harm_name="another's file is opened",
)
