"""What is asked of a processor before any of its plans is run; each fault is the end of a sentence about it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from mediaproc.core.limits import Limits, input_limits
from mediaproc.core.notes import is_sound
from mediaproc.core.plan import Plan, Step, Variant
from mediaproc.core.profile import BUILT_IN, Profile, is_profile_name
from mediaproc.core.safe_text import quoted
from mediaproc.processors.interface import InputFile, Inputs, Processor

# The names of files in an attempt's folder and in its room: they stand in arguments and in filter graphs.
_FILE_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.]{0,62}[a-z0-9_])?")
_ROOM_URL = re.compile(rf"file:(?:{_FILE_NAME.pattern}/)?{_FILE_NAME.pattern}")
_EXTENSION = re.compile(r"[a-z0-9]{1,8}")
_MIME_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]{0,62}")
# The longest name of a folder, and how many files a room may have.
_MOST_FOLDERS, _MOST_FILES = 1, 4096
# What else lies in the folder of an attempt.
_TAKEN = frozenset({"source", "room"})


class Unsound(Exception):
    """What a processor gave cannot be used; its text goes on from the processor's name."""


def require_sound_processor(made: object, *, name: str) -> Processor:
    """What has the shape of a processor.

    Raises:
        Unsound: it has not.
    """
    for method in ("accepts", "plan"):
        if not callable(getattr(made, method, None)):
            raise Unsound(f"has no method {method}")
    if not isinstance(made, Processor) or made.name != name:
        raise Unsound(f"calls itself {quoted(getattr(made, 'name', None))}")
    return made


def sound_profiles(profiles: object, *, name: str) -> tuple[Profile, ...]:
    """The profiles that a processor brings.

    Raises:
        Unsound: one of them cannot be.
    """
    if not isinstance(profiles, Iterable):
        raise Unsound("brings profiles that are no list")
    found = tuple(profiles)
    for profile in found:
        if not isinstance(profile, Profile):
            raise Unsound("brings a profile that is none")
        fault = _fault_of_profile(profile, name=name)
        if fault is not None:
            raise Unsound(f"brings a profile {quoted(profile.name)} {fault}")
    if len({profile.name for profile in found}) < len(found):
        raise Unsound("brings two profiles of one name")
    return found


def _fault_of_profile(profile: Profile, *, name: str) -> str | None:
    if not is_profile_name(str(profile.name)):
        return "whose name may not be: up to 32 of a-z, 0-9 and, between them, '-'"
    if profile.name in BUILT_IN:
        return "which is built in"
    if profile.processor != name:
        return f"of another processor, {quoted(profile.processor)}"
    if not _EXTENSION.fullmatch(str(profile.extension)) or not _MIME_TYPE.fullmatch(str(profile.mime_type)):
        return "without an extension or a MIME type that may be"
    return None


def require_sound_inputs(inputs: object) -> Inputs:
    """The inputs, if they are such, with names that a folder can hold and arguments can name.

    Raises:
        Unsound: they are not.
    """
    if not isinstance(inputs, Inputs):
        raise Unsound("gave inputs that are none")
    files: Sequence[object] = tuple(inputs.files)
    if len(files) > _MOST_FILES:
        raise Unsound(f"wants {len(files)} files in the room of an attempt, where {_MOST_FILES} are the most")
    for file in files:
        if not isinstance(file, InputFile):
            raise Unsound("gave an input that is none")
        if file.size < 0:
            raise Unsound("gave an input of less than nothing")
        parts = str(file.name).split("/")
        if len(parts) > _MOST_FOLDERS + 1 or not all(map(_FILE_NAME.fullmatch, parts)):
            raise Unsound(f"gave an input a name that may not be, {quoted(file.name)}")
    if len({file.name for file in inputs.files}) < len(files):
        raise Unsound("gave two inputs one name")
    return inputs


def require_sound_plan(plan: object, *, profile: Profile, limits: Limits) -> Plan:
    """The plan, if it is one that may be run: for this profile, within the site's limits.

    Raises:
        Unsound: it is none.
    """
    if not isinstance(plan, Plan):
        raise Unsound(f"gave {quoted(type(plan).__name__)} in place of a plan")
    if not plan.variants or not all(isinstance(variant, Variant) for variant in plan.variants):
        raise Unsound("gave a plan without a variant")
    checks = (
        (plan.profile == profile, "is for another profile"),
        (plan.mime_type == profile.mime_type, "has another MIME type than its profile"),
        (_is_name(plan.output_name) and plan.output_name not in _TAKEN, "names an output that may not be"),
        (all(map(_is_name, plan.texts)), "names a text that may not be"),
        (all(map(is_sound, plan.notes)), "has a note that may not be"),
        (plan.memory > 0, "needs no memory"),
        (0 < plan.wall_limit <= limits.max_wall, "may take for ever"),
        (plan.output_estimate >= 0, "expects less than nothing"),
        (all(_is_within(variant, profile=profile, limits=limits) for variant in plan.variants), "sets its own limits"),
        (all(_is_name(step.output) for each in plan.variants for step in each.steps), "has a step that may not be"),
    )
    for holds, fault in checks:
        if not holds:
            raise Unsound(f"gave a plan that {fault}")
    return plan


def limited(plan: Plan, *, limits: Limits) -> Plan:
    """The plan with the limits of its one input put last before that, so that it takes no more than they allow.

    The inputs of steps get theirs when they are run.

    Raises:
        Unsound: it has other inputs, which would have none.
    """
    for variant in plan.variants:
        if "-i" in (*variant.input_arguments, *variant.output_arguments, *plan.decode_test):
            raise Unsound("gave a plan that reads other files than the source: they belong into its inputs")
        if not all(_reads_its_room(step) for step in variant.steps):
            raise Unsound("gave a plan with a step that reads what is not in its room")
    variants = (
        replace(variant, input_arguments=(*variant.input_arguments, *input_limits(limits))) for variant in plan.variants
    )
    return replace(plan, variants=tuple(variants))


def _reads_its_room(step: Step) -> bool:
    return all(_ROOM_URL.fullmatch(url) for option, url in pairwise(step.arguments) if option == "-i")


def _is_within(variant: Variant, *, profile: Profile, limits: Limits) -> bool:
    return variant.expectation.limits == limits and variant.expectation.medium is profile.medium


def _is_name(name: object) -> bool:
    return isinstance(name, str) and _FILE_NAME.fullmatch(name) is not None
