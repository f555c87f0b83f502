"""The text of `tasks show`: the task, each of its attempts, its rendition, and the next step."""

from collections.abc import Iterator, Mapping, Sequence

from mediaproc.cli.note_lines import note_lines, notes_in_short
from mediaproc.cli.place_in_line import place_sentence
from mediaproc.cli.tables import paragraph
from mediaproc.core.lifecycle import FAIL_LIMIT, Status, waits_for_a_person
from mediaproc.core.notes import is_note_flag
from mediaproc.core.quantities import counted
from mediaproc.core.safe_text import cut_middle, shown
from mediaproc.core.stage import Stage
from mediaproc.db.views.attempts import AttemptLine, Ending
from mediaproc.db.views.place_in_line import Place
from mediaproc.db.views.tasks import TaskLine
from mediaproc.formatting import duration, moment, running_time, size

_INDENT = "    "
# An outcome that is no status: no task ever comes to it by itself.
DELETED = "deleted"


def task_details(
    line: TaskLine,
    *,
    ending: Ending | None,
    attempts: Sequence[AttemptLine],
    place: Place | None = None,
    width: int | None = None,
) -> str:
    """The lines of `tasks show`, at most `width` cells wide; object keys stay whole, so that they can be copied."""
    parts = [*_head(line, width=width)]
    for attempt in attempts:
        parts += ["", *_attempt(attempt, width=width)]
    if ending is not None:
        parts += ["", *_rendition(ending, width=width)]
    parts += ["", paragraph(f"Next: {_next_of_all(line, place=place)}", width=width)]
    return "\n".join(parts)


def _next_of_all(line: TaskLine, *, place: Place | None) -> str:
    """What happens to the task, and its place in line where it has one."""
    if place is None:
        return next_step(line)
    # The next free slot is for the task that stands first.
    step = "a free slot takes it in its turn." if place.before else next_step(line)
    if place.paused:
        step = "nothing while it is paused."
    return f"{step} It stands in line: {place_sentence(place)}"


def task_summary(line: TaskLine) -> str:
    """The task's status and next step, on one line."""
    if line.status == Status.COMPLETED:
        return f"task {line.id}, completed"
    return f"task {line.id}, {line.status}: {next_step(line)}"


def next_step(line: TaskLine) -> str:
    """What happens to the task by itself, or what a person can do."""
    again = f"`mediaproc tasks retry {line.id}`"
    settled = {
        Status.COMPLETED: "nothing, it is done.",
        Status.CANCELLED: "nothing; `mediaproc enqueue --force` with the file has it made after all.",
        Status.PROCESSING: "its executor settles it; should that one die, another takes it once the lease has run out.",
        Status.REJECTED: f"nothing by itself. Upload a better file, or {again} if you know better.",
    }
    if line.status == DELETED:
        return "nothing: its file was deleted, and all that was made of it."
    status = Status(line.status)
    if status in settled:
        return settled[status]
    if waits_for_a_person(status, fail_count=line.fail_count):
        return f"nothing by itself after {line.fail_count} strikes: mend the cause, then {again}, or cancel it."
    strikes = f" (strike {line.fail_count} of {FAIL_LIMIT})" if line.fail_count else ""
    if line.due_in is not None and line.due_in.total_seconds() > 0:
        return f"it is due in {duration(line.due_in)}{strikes}."
    return f"the next free slot takes it{strikes}."


def _head(line: TaskLine, *, width: int | None) -> Iterator[str]:
    title = f"Task {line.id}: "
    name = shown(line.filename)
    yield title + (name if width is None else cut_middle(name, width=width - len(title)))
    progress = f", {100 * line.progress:.0f} % done" if line.progress is not None else ""
    tenant = f", tenant {shown(line.tenant)}" if line.tenant else ""
    yield f"{_INDENT}{line.status}{progress}, profile {line.profile}, priority {line.priority}{tenant}"
    yield f"{_INDENT}enqueued {moment(line.created_at)}, last changed {moment(line.updated_at)}"
    yield f"{_INDENT}file {line.file_id}"
    if line.error:
        yield paragraph(f"{line.error_class}: {shown(line.error)}", width=width, indent=_INDENT)


def _attempt(attempt: AttemptLine, *, width: int | None) -> Iterator[str]:
    where = f"{shown(attempt.host)} (pid {attempt.pid})" if attempt.host else f"executor {attempt.executor_id}"
    verdict = attempt.outcome or "runs"
    yield f"Attempt {attempt.attempt}: {verdict} after {duration(attempt.took)}"
    yield f"{_INDENT}began {moment(attempt.started_at)} on {where}, shard {attempt.shard_index}/{attempt.shard_total}"
    took = stages(attempt.stage_seconds)
    if took:
        cpu = f"; ffmpeg used {duration(attempt.cpu_seconds)} of CPU" if attempt.cpu_seconds else ""
        threads = f", {counted(attempt.threads, 'thread')} to encode" if attempt.threads else ""
        yield paragraph(took + cpu + threads, width=width, indent=_INDENT)
    if attempt.error:
        yield paragraph(f"{attempt.error_class}: {shown(attempt.error)}", width=width, indent=_INDENT)
    if attempt.log_tail:
        yield f"{_INDENT}the end of ffmpeg's log:"
        yield from (f"{_INDENT}| {shown(line)}" for line in attempt.log_tail.splitlines())


def stages(seconds: Mapping[str, float]) -> str:
    """How long each stage took, in their order."""
    order = [str(stage) for stage in Stage]
    named = sorted(seconds.items(), key=lambda stage: order.index(stage[0]) if stage[0] in order else len(order))
    return ", ".join(f"{stage} {duration(each)}" for stage, each in named)


def _rendition(ending: Ending, *, width: int | None) -> Iterator[str]:
    codecs = " + ".join(codec for codec in (ending.video_codec, ending.audio_codec) if codec)
    picture = f"{ending.width}x{ending.height}, " if ending.width else ""
    yield f"Rendition: {ending.verification}, {running_time(ending.duration)}, {picture}{codecs}"
    yield f"{_INDENT}{ending.output_bucket}/{ending.output_key}, {size(ending.output_size)}"
    yield f"{_INDENT}sha256 {ending.output_sha256}"
    reasons = ", ".join(flag for flag in ending.flags if not is_note_flag(flag))
    why = f" because of {reasons}" if reasons else ""
    yield paragraph(f"made by {ending.decision}{why}", width=width, indent=_INDENT)
    if ending.notes:
        yield ""
        yield f"Not drawn exactly as in its editor ({notes_in_short(ending.notes)}):"
        yield from note_lines(ending.notes, task_id=ending.id, width=width, indent=_INDENT)
