"""What the kernel holds one ffmpeg of a plan to; the CPU limit ends one whose executor does not watch it."""

import math
import os

from mediaproc.core.ffmpeg_memory import LIBRARIES, STACK, STACKS_PER_THREAD
from mediaproc.core.plan.model import Plan, Variant
from mediaproc.core.step import Step
from mediaproc.ffmpeg.sandbox import Rlimits

# How many processes and threads a child may have.
_BASE_PROCESSES, _PROCESSES_PER_THREAD = 32, 8

# Of each further input a step has a thread that reads and one that decodes, beside the decoder's own; twice as many,
# for what differs between builds.
_THREADS_PER_INPUT = 4
# Files that a child may have open beside its inputs.
_OPEN_FILES, _FILES_PER_INPUT = 64, 2


def rlimits_for(plan: Plan, *, variant: Variant, wall: float, file_size: int = 0, inputs: int = 1) -> Rlimits:
    """Those of a run with one source.

    It may write to the memory that the plan was admitted with, and to its threads' stacks: `inputs` times as many, of
    which hardly any is ever used.
    """
    threads = _threads(variant)
    data = plan.memory + inputs * threads * STACKS_PER_THREAD
    return Rlimits(
        memory=LIBRARIES + data,
        data=data,
        cpu=math.ceil(wall) * (os.cpu_count() or 1),
        file_size=file_size,
        processes=_BASE_PROCESSES + threads * _PROCESSES_PER_THREAD,
    )


def rlimits_for_step(step: Step, *, plan: Plan, wall: float, file_size: int) -> Rlimits:
    """Those of one step: it may write to the memory that the plan was admitted with, and to its threads' stacks."""
    for_inputs = step.inputs * (_THREADS_PER_INPUT + step.threads)
    data = plan.memory + step.threads * STACKS_PER_THREAD + for_inputs * STACK
    return Rlimits(
        memory=LIBRARIES + data,
        data=data,
        cpu=math.ceil(wall) * (os.cpu_count() or 1),
        file_size=file_size,
        open_files=_OPEN_FILES + step.inputs * _FILES_PER_INPUT,
        processes=_BASE_PROCESSES + step.threads * _PROCESSES_PER_THREAD + for_inputs,
    )


def rlimits_for_reading(plan: Plan, *, inputs: int, wall: float) -> Rlimits:
    """Those of a run that writes nothing, and decodes a little of several files on one thread each."""
    step = Step(name="", arguments=(), output="", inputs=inputs)
    return rlimits_for_step(step, plan=plan, wall=wall, file_size=0)


def _threads(variant: Variant) -> int:
    arguments = variant.input_arguments
    return int(arguments[arguments.index("-threads") + 1]) if "-threads" in arguments else 1
