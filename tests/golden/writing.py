"""A probe and its plans as text that a person can read and compare."""

import pprint
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from mediaproc.core.container_header import ContainerFacts
from mediaproc.core.errors import BadSource
from mediaproc.core.limits import Limits, input_limits
from mediaproc.core.packets import PacketFacts
from mediaproc.core.plan import make_plan
from mediaproc.core.plan.model import Plan
from mediaproc.core.probe import Probe
from mediaproc.core.probe_document import parse_probe
from mediaproc.core.profile import BUILT_IN, Profile
from mediaproc.core.source_kind import is_planned_at_once

_WIDTH = 118


def probe_of(facts: Mapping[str, object]) -> Probe:
    """The Probe of a record: ffprobe's document, the summary of the packets, the facts of the container's header."""
    document, packets, container = facts["document"], facts["packets"], facts["container"]
    assert isinstance(document, dict)
    assert isinstance(container, dict)
    probe = parse_probe(document, container_facts=ContainerFacts(**container))
    if packets is None:
        return probe
    assert isinstance(packets, dict)
    return probe.walked({int(index): _packets(facts) for index, facts in packets.items()})


def _packets(facts: Mapping[str, Any]) -> PacketFacts:
    return PacketFacts(**{**facts, "times": tuple(map(float, facts["times"].split()))})


def written(facts: Mapping[str, object]) -> str:
    """The Probe and, for each built-in profile, the plan or the error's sentence."""
    try:
        probe = probe_of(facts)
    except BadSource as error:
        return f"{error.error_class}: {error}\n"
    return "\n".join((
        pprint.pformat(probe, width=_WIDTH),
        *(line for profile in BUILT_IN.values() if is_planned_at_once(profile) for line in _profile(probe, profile)),
        "",
    ))  # fmt: skip


def _profile(probe: Probe, profile: Profile) -> Iterator[str]:
    yield ""
    yield f"== {profile.name}"
    try:
        plan = make_plan(probe, profile=profile, threads=2)
    except BadSource as error:
        yield f"{error.error_class}: {error}"
        return
    yield from _plan(plan)


def _plan(plan: Plan) -> Iterator[str]:
    duration = "unknown" if plan.duration is None else f"{plan.duration:.3f} s"
    needs = f"{plan.memory // 10**6} MB, at most {plan.wall_limit:.0f} s"
    yield f"{plan.output_name} ({plan.mime_type}), {duration}, {needs}"
    limits = shlex.join(input_limits(Limits()))
    for variant in plan.variants:
        yield f"-- {variant.name}: {', '.join(variant.flags) or 'as it is'}"
        yield f"   {shlex.join(plan.input_arguments(variant)).replace(limits, 'LIMITS')}"
        yield f"   {shlex.join(variant.output_arguments)}"
        streams, content = variant.expectation.streams, variant.expectation.content
        size = "" if streams.width is None else f" {streams.width}x{streams.height}"
        yield (
            f"   expects {streams.video_codec or 'no picture'}{size}, {streams.audio_codec or 'no sound'},"
            f" declared {content.duration}, hint {content.hint}"
        )
