"""What a child may see and use: the command line that confines it, with bubblewrap where bubblewrap can run."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from shlex import quote

from mediaproc.core.ffmpeg_memory import STACK
from mediaproc.ffmpeg.child_start import ENVIRONMENT, NICENESS
from mediaproc.ffmpeg.child_user import find_child_user
from mediaproc.ffmpeg.literal_name import literally_named
from mediaproc.ffmpeg.seccomp import FILTER_FILE, FROM_THE_START

# Where the child finds its files inside bubblewrap: so its log cannot name the host's folders.
SEEN_SOURCE = Path("/source")
SEEN_OUTPUT = Path("/output")
SEEN_RENDITION = Path("/rendition")
SEEN_ROOM = Path("/room")

# The file of a room that tells the library of faces about no others.
FACES_OF_THE_ROOM = "faces.conf"

# At the soft limit of CPU time the kernel sends SIGXCPU, which can be told from a crash; so many seconds later SIGKILL.
_CPU_GRACE = 5

# The name under which the shell in which a child begins prints its errors.
SHELL_NAME = "sandbox"

# Where memory runs out, the kernel kills the process with the highest score first, and a process inherits its parent's
# score: a child dies long before the executor, which can report that. Raising the score takes no privilege. It happens
# before bubblewrap starts, inside of which there is no /proc.
_DIE_FIRST = '{ echo 1000 >/proc/self/oom_score_adj; } 2>/dev/null; exec "$@"'

# The child's half of the start handshake: it says that it is confined and dies with its executor, and waits for the
# answer of `child.run`. An executor that died a moment earlier, too early for the kernel's signal, never answers, and
# the shell comes to the end of its input.
_AWAIT_START = """\
echo && read -r _ || exit
too_low() { echo "$0: the executor's own limit of $1 is lower than its children need" >&2; exit 1; }
"""
# `ulimit -u` of bash and BusyBox is `ulimit -p` in dash.
_LIMIT_PROCESSES = """\
ulimit -u >/dev/null 2>&1 && letter=u || letter=p
ulimit -$letter {processes} 2>/dev/null || too_low processes
"""
_BECOME = 'exec "$@" </dev/null'
# In bubblewrap the shell stays as the first process: it dies with bubblewrap, whatever the tool does to itself, and the
# pid namespace ends with it. It reaps the tool, so that the tool's CPU time counts. The number of processes is
# limited only here: the kernel counts them per user namespace (since Linux 5.14). Outside of a namespace every process
# of this user on the node would count, and another's threads would make one of ours fail.
_STAY = f"({_LIMIT_PROCESSES}{_BECOME})\nexit $?"

# The units of `ulimit -v` and `-d`, and of `ulimit -f` (bytes).
_KILOBYTE, _BLOCK = 1024, 512

_LIBRARY_FOLDERS = ("/usr/lib", "/usr/lib32", "/usr/lib64", "/lib", "/lib32", "/lib64")
# Debian's ffmpeg finds its BLAS through the alternatives; without the cache the loader searches every folder.
_LOADER_FILES = ("/etc/alternatives", "/etc/ld.so.cache")


@dataclass(frozen=True, kw_only=True)
class Rlimits:
    """What the kernel holds one child to: bytes of address space, CPU seconds, bytes of the file it writes.

    `data`: bytes of the address space that are the child's own to write, without its libraries.
    """

    memory: int
    data: int
    cpu: int
    file_size: int = 0
    open_files: int = 64
    processes: int = 64


@dataclass(frozen=True, kw_only=True)
class Programs:
    """The system's programs that confine a child, as absolute paths; `bwrap` is None where bubblewrap cannot run."""

    setpriv: Path
    nice: Path
    sh: Path
    bwrap: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Sandbox:
    """How children are confined on this node; `reason` says why without bubblewrap, `filter_reason` why unfiltered."""

    programs: Programs
    reason: str = ""
    filters_calls: bool = False
    filter_reason: str = ""
    locks_namespaces: bool = False
    drops_capabilities: bool = False

    def for_child(
        self,
        *,
        source: Path | None = None,
        rendition: Path | None = None,
        output: Path | None = None,
        room: Path | None = None,
    ) -> "ChildSandbox":
        """The surroundings of one child that reads `source` and `rendition` and writes `output`, all there already.

        With a `room` the child begins in that folder, and reads its files by their bare names.
        Raises AttemptFailed where no user may read the source, or the room.
        """
        read = source if source is not None else room
        user = None if read is None else find_child_user(read)
        return ChildSandbox(sandbox=self, source=source, rendition=rendition, output=output, room=room, user=user)

    def named(self, source: Path) -> AbstractContextManager[Path]:
        """The source under a name that a child in this sandbox takes literally."""
        return nullcontext(source) if self.isolates else literally_named(source)

    @property
    def isolates(self) -> bool:
        """Whether the child has no network and no file but its own."""
        return self.programs.bwrap is not None


@dataclass(frozen=True, kw_only=True)
class ChildSandbox:
    """What one child may see, and under which URLs; `user` (uid, gid) where it runs as another user."""

    sandbox: Sandbox
    source: Path | None = None
    rendition: Path | None = None
    output: Path | None = None
    room: Path | None = None
    user: tuple[int, int] | None = None

    @property
    def source_url(self) -> str:
        """`file:` keeps a name such as `http:x` or `-y` from being anything but a name."""
        return _url(SEEN_SOURCE if self.sandbox.isolates else self.source)

    @property
    def rendition_url(self) -> str:
        """The same for the rendition, where the child reads it beside the source."""
        return _url(SEEN_RENDITION if self.sandbox.isolates else self.rendition)

    @property
    def output_url(self) -> str:
        """The same for the file that the child writes."""
        return _url(SEEN_OUTPUT if self.sandbox.isolates else self.output)

    def command(self, tool: Path, *, arguments: Sequence[str], rlimits: Rlimits) -> list[str]:
        """The whole command line for `child.run`: death with this process, what can be seen, limits, then the tool."""
        begins_filtered = self.sandbox.filters_calls and not self.sandbox.isolates
        return [
            *((FROM_THE_START,) if begins_filtered else ()),
            *(str(self.sandbox.programs.sh), "-c", _DIE_FIRST, SHELL_NAME),
            *self._privileges(),
            *self._bubblewrap(tool),
            *(str(self.sandbox.programs.sh), "-c", self._script(rlimits), SHELL_NAME),
            *(str(tool), *arguments),
        ]

    def _privileges(self) -> Iterator[str]:
        options: list[str] = []
        if self.user is not None:
            # A container's root has no CAP_SYS_NICE: once the child is another user's, `child.run` cannot lower its
            # priority any more.
            yield from (str(self.sandbox.programs.nice), "-n", str(NICENESS))
            options += ("--reuid", str(self.user[0]), "--regid", str(self.user[1]), "--clear-groups")
        if not self.sandbox.isolates:  # bubblewrap does this by itself
            options += ("--pdeathsig", "KILL", "--no-new-privs")
            if self.sandbox.drops_capabilities:
                options += ("--bounding-set=-all", "--inh-caps=-all")
        if options:
            yield from (str(self.sandbox.programs.setpriv), *options, "--")

    def _bubblewrap(self, tool: Path) -> Iterator[str]:
        programs = self.sandbox.programs
        if programs.bwrap is None:
            return
        # No network, no other process, no capability. No --new-session: the session that it was started in has no
        # terminal, and signals to its group must reach everything inside.
        yield from (str(programs.bwrap), "--unshare-all", "--die-with-parent", "--cap-drop", "ALL", "--clearenv")
        for name, value in ENVIRONMENT.items():
            yield from ("--setenv", name, value)
        if self.sandbox.filters_calls:
            yield from ("--seccomp", FILTER_FILE)
        if self.sandbox.locks_namespaces:
            yield from ("--unshare-user", "--disable-userns")  # no further namespace: they reach much kernel code
        for path in (programs.sh, tool):
            yield from ("--ro-bind", str(path), str(path))
        yield from _libraries(tool)
        for device in ("/dev/null", "/dev/urandom"):
            yield from ("--dev-bind", device, device)
        yield from self._files()
        # The sandbox's own root, which is memory, is read-only too.
        begins_in = "/" if self.room is None else str(SEEN_ROOM)
        yield from ("--remount-ro", "/", "--chdir", begins_in, "--as-pid-1", "--")

    def _files(self) -> Iterator[str]:
        read = ((self.source, SEEN_SOURCE), (self.rendition, SEEN_RENDITION), (self.room, SEEN_ROOM))
        for path, seen in read:
            if path is not None:
                yield from ("--ro-bind", str(path), str(seen))
        if self.output is not None:
            yield from ("--bind", str(self.output), str(SEEN_OUTPUT))

    def _script(self, rlimits: Rlimits) -> str:
        limits = "".join(f"ulimit {words} 2>/dev/null || too_low '{what}'\n" for what, words in _limits(rlimits))
        end = _STAY.format(processes=rlimits.processes) if self.sandbox.isolates else _BECOME
        return f"{_AWAIT_START}{self._enter()}{limits}{end}"

    def _enter(self) -> str:
        """The child enters its room as the user that it runs as; bubblewrap has put it there.

        The faces of the machine are no part of a plan: captions have those of the room, alike on every node.
        """
        if self.room is None:
            return ""
        seen = SEEN_ROOM if self.sandbox.isolates else self.room.absolute()
        return f"cd -- {quote(str(seen))} || exit\nexport FONTCONFIG_FILE={quote(str(seen / FACES_OF_THE_ROOM))}\n"


def _limits(rlimits: Rlimits) -> Iterator[tuple[str, str]]:
    yield "address space", f"-v {rlimits.memory // _KILOBYTE}"
    yield "memory of its own", f"-d {rlimits.data // _KILOBYTE}"
    yield "stack", f"-s {STACK // _KILOBYTE}"
    yield "CPU time", f"-S -t {rlimits.cpu}"
    yield "CPU time", f"-H -t {rlimits.cpu + _CPU_GRACE}"
    yield "file size", f"-f {rlimits.file_size // _BLOCK}"
    yield "open files", f"-n {rlimits.open_files}"
    yield "core dump", "-c 0"


def _url(path: Path | None) -> str:
    if path is None:
        raise ValueError("this child has no such file")
    return f"file:{path.absolute()}"


@lru_cache
def _libraries(tool: Path) -> tuple[str, ...]:
    """What shows the tool its libraries. Found once: they stay where they are while this process lives."""
    return tuple(_find_libraries(tool))


def _find_libraries(tool: Path) -> Iterator[str]:
    for name in _LIBRARY_FOLDERS:
        folder = Path(name)
        if folder.is_symlink():
            yield from ("--symlink", str(folder.readlink()), name)
        elif folder.is_dir():
            yield from ("--ro-bind", name, name)
    for name in _LOADER_FILES:
        yield from ("--ro-bind-try", name, name)
    own = tool.parent.parent / "lib"
    if not own.is_relative_to("/usr/lib") and any(own.glob("libav*.so*")):
        yield from ("--ro-bind", str(own), str(own))
