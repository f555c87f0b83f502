"""The processors of this process: each is loaded when it is first needed, and a broken one stops no other."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.profile import BUILT_IN, OTHERS, Profile
from mediaproc.core.safe_text import quoted
from mediaproc.processors.candidates import Candidate, other_candidates, own_candidates
from mediaproc.processors.guarding import Broken, GuardedProcessor, load, said_of


@dataclass(frozen=True, kw_only=True)
class _Brought:
    """What installed packages bring: the processors that can be used, and a sentence for each that cannot."""

    usable: Mapping[str, GuardedProcessor]
    broken: Sequence[str]


class Processors:
    """By name; used by all threads of a process. One of our own is found without a look at installed packages."""

    def __init__(self, *, others: Callable[[], Sequence[Candidate]] = tuple) -> None:
        """`others` finds what installed packages bring; it is asked once, and not before anything asks for one."""
        self._own = {candidate.name: candidate for candidate in own_candidates()}
        self._find_others = others
        self._loaded: dict[str, GuardedProcessor] = {}
        self._brought: _Brought | None = None
        # Loading imports, and what is imported may ask for a processor itself.
        self._lock = threading.RLock()

    def named(self, name: str) -> GuardedProcessor | None:
        """The processor; None where there is none of that name that can be used."""
        if name not in self._own:
            return self._others().usable.get(name)
        with self._lock:
            if name not in self._loaded:
                self._loaded[name] = load(self._own[name])
            return self._loaded[name]

    def refusal(self, profile: Profile, *, mime_type: str) -> BadSource | None:
        """Why the profile's processor makes nothing of files of this type; None where it does, or is not there.

        Raises:
            AttemptFailed: the processor has a bug.
        """
        processor = self.named(profile.processor)
        if processor is None or processor.accepts(mime_type, profile):
            return None
        return BadSource(
            f"The profile {profile.name} makes nothing of a file of this kind, {mime_type}.",
            error_class=ErrorClass.UNREADABLE,
        )

    def can(self, profile: Profile) -> bool:
        """Whether the processor of this profile is there; one of our own is, and need not be loaded for that."""
        return profile.processor in self._own or self.named(profile.processor) is not None

    def all(self) -> tuple[GuardedProcessor, ...]:
        """Those that can be used, our own first."""
        own = (self.named(name) for name in self._own)
        return (*(processor for processor in own if processor), *self._others().usable.values())

    @property
    def broken(self) -> Sequence[str]:
        """A sentence for each that cannot be used."""
        return self._others().broken

    @property
    def profiles(self) -> Mapping[str, Profile]:
        """The profiles that installed packages bring, by their names."""
        return {profile.name: profile for other in self._others().usable.values() for profile in other.profiles}

    def _others(self) -> _Brought:
        with self._lock:
            if self._brought is None:
                self._brought = _load_all(self._find_others(), own=self._own)
            return self._brought


@cache
def installed_processors() -> Processors:
    """Our own, and those of the packages that are installed beside; the same ones for the whole process."""
    return Processors(others=other_candidates)


class ExtraProfiles(Mapping[str, Profile]):
    """The profiles beside the built-in ones: a site's own, and those that processors bring.

    The packages that bring processors are not looked for before a name is asked for that nobody else knows.
    """

    def __init__(self, own: Mapping[str, Profile], *, processors: Processors) -> None:
        self._own, self._processors = own, processors

    def __getitem__(self, name: str) -> Profile:
        if name in self._own:
            return self._own[name]
        if name in BUILT_IN:
            raise KeyError(name)
        return self._processors.profiles[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._processors.profiles, **self._own})

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _load_all(candidates: Sequence[Candidate], *, own: Mapping[str, Candidate]) -> _Brought:
    how_many = Counter(candidate.name for candidate in candidates)
    usable: dict[str, GuardedProcessor] = {}
    broken: list[str] = []
    for candidate in candidates:
        try:
            _refuse_name(candidate, is_ours=candidate.name in {*own, *OTHERS}, is_alone=how_many[candidate.name] == 1)
            loaded = load(candidate)
            _refuse_taken(loaded, beside=usable)
        except Broken as error:
            broken.append(str(error))
        else:
            usable[candidate.name] = loaded
    return _Brought(usable=usable, broken=broken)


def _refuse_name(candidate: Candidate, *, is_ours: bool, is_alone: bool) -> None:
    if is_ours:
        raise Broken(said_of(candidate, "is called as one of mediaproc itself: remove the package"))
    if not is_alone:
        raise Broken(said_of(candidate, "is not the only one of its name: remove all but one of their packages"))


def _refuse_taken(loaded: GuardedProcessor, *, beside: Mapping[str, GuardedProcessor]) -> None:
    taken = {profile.name: other for other in beside.values() for profile in other.profiles}
    for profile in loaded.profiles:
        if profile.name in taken:
            other = taken[profile.name].candidate
            fault = f"brings a profile {quoted(profile.name)}, as {other.name} of {other.distribution} does"
            raise Broken(said_of(loaded.candidate, f"{fault}: remove one of the packages"))
