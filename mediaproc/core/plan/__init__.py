"""Probe + Profile -> Plan: copy or encode each stream, with which arguments, and what to expect of it."""

from mediaproc.core.limits import Limits
from mediaproc.core.plan.model import Plan, Variant
from mediaproc.core.plan.planner import make_plan
from mediaproc.core.plan.resources import least_output
from mediaproc.core.plan.stream_selection import choose_audio_stream, choose_video_stream

__all__ = ["Limits", "Plan", "Variant", "choose_audio_stream", "choose_video_stream", "least_output", "make_plan"]
