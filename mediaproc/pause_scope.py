"""What somebody means who pauses or resumes: a profile, a shard or an executor that is there, or everything."""

from mediaproc import app as composition
from mediaproc.acts import pauses as acts
from mediaproc.core.errors import WrongUse
from mediaproc.core.pause import Scope
from mediaproc.core.profile import BUILT_IN
from mediaproc.core.shard import Shard
from mediaproc.parts import Parts


def scope_of(
    parts: Parts, *, profile: str | None, shard: str | None, executor: str | None, resumes: bool = False
) -> Scope:
    """What the options mean; without any of them everything.

    Raises:
        WrongUse: they mean several things, or something that cannot be.
        MediaprocError: what is meant is not there.
    """
    if sum(each is not None for each in (profile, shard, executor)) > 1:
        raise WrongUse("--profile, --shard and --executor are one thing each: give one of them at a time.")
    if profile is not None:
        acts.require_known_profile(parts.database, profile=profile, known=_profiles(parts))
        return Scope(profile=profile)
    if shard is not None:
        if shard.strip() == "auto":
            raise WrongUse("--shard cannot be 'auto' here: it must be INDEX/TOTAL, such as 0/2.")
        return Scope(shard=Shard.parse(shard))
    if executor is not None:
        find = acts.executor_to_resume if resumes else acts.executor_to_pause
        return Scope(executor_id=find(parts.database, written=executor))
    return Scope()


def known_profiles(parts: Parts) -> list[str]:
    """The profiles that may be paused."""
    return acts.known_profiles(parts.database, known=_profiles(parts))


def _profiles(parts: Parts) -> set[str]:
    return {*BUILT_IN, *composition.site_profiles(parts.settings)}
