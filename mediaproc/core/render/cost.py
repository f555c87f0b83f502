"""What a timeline will take to draw: refused where that is more than the site takes, else time, memory and room."""

from collections.abc import Sequence
from fractions import Fraction

from mediaproc.core import ffmpeg_memory
from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.limits import Limits, length_at_most_pixels
from mediaproc.core.plan import resources
from mediaproc.core.profile import Profile
from mediaproc.core.quantities import told_length
from mediaproc.core.render.drawing import Drawing
from mediaproc.core.render.room_file import Files
from mediaproc.core.render.slices import pixels_of
from mediaproc.core.timeline import Canvas, Clip, Material, Timeline

# The slowest real draws take so many seconds of a busy core for a megapixel that is decoded, laid or encoded; a start
# of ffmpeg with all its inputs, and the seeks in them, so many.
_WALL_PER_MEGAPIXEL = 2.0
_WALL_PER_STEP = 60.0
_LEAST_WALL = 600.0

# Bytes that ffmpeg holds for each pixel of the pictures that a graph holds: most are decoders' with 1.5, some have four
# planes. Measured with 8 to 20 films of 1080x1920, each joined to the next: 12 to 15 for a pixel of each film.
_BYTES_PER_DRAWN_PIXEL = 2.5
# For each input: its thread, its buffers, a file's index.
_BYTES_PER_INPUT = 3 * 1024**2


def refuse_beyond(timeline: Timeline, *, files: Files, limits: Limits) -> None:
    """Raises BadSource for what the site does not take: too long, too large, too much to draw in all."""
    canvas, seconds = timeline.canvas, float(timeline.frames / timeline.rate)
    if max(canvas.width, canvas.height) > limits.max_side or canvas.width * canvas.height > limits.max_pixels:
        raise BadSource(
            f"The draft's canvas is {canvas.width} x {canvas.height}; at most {limits.max_side} pixels a side and"
            f" {limits.max_pixels / 1e6:.1f} megapixels are accepted.",
            error_class=ErrorClass.TOO_LARGE,
        )
    if seconds > limits.max_duration:
        raise BadSource(
            f"The draft is {told_length(seconds)} long; at most {told_length(limits.max_duration)} are accepted.",
            error_class=ErrorClass.TOO_LONG,
        )
    length, longest = length_at_most_pixels(drawn_pixels(timeline, files=files)), limits.longest_of_most_pixels
    if length > longest:
        raise BadSource(
            f"The draft's layers are as much to draw as {told_length(length)} of 3840 x 2160 at 60 pictures a second;"
            f" at most {told_length(longest)} of that are accepted. Make it smaller, shorter or of fewer layers.",
            error_class=ErrorClass.TOO_LARGE,
        )


def drawn_pixels(timeline: Timeline, *, files: Files) -> int:
    """The pixels of all pictures that are decoded or laid upon the canvas, and of the canvas itself."""
    a_picture = _pixels(timeline.canvas)
    clips = (clip for layer in timeline.layers for clip in layer.clips)
    texts = sum(text.frames for layer in timeline.layers for text in layer.texts)
    return a_picture * (timeline.frames + texts) + sum(_of_clip(each, canvas=a_picture, files=files) for each in clips)


def _of_clip(clip: Clip, *, canvas: int, files: Files) -> int:
    laid = canvas * clip.frames
    if isinstance(clip.source, Material):
        # A clip that is shown faster has more pictures decoded than are seen.
        return max(laid, int(pixels_of(clip.source, files=files) * clip.frames * max(Fraction(1), clip.speed)))
    share = clip.frames * max(Fraction(1), clip.speed) / max(1, clip.source.frames)
    return laid + int(drawn_pixels(clip.source, files=files) * share)


def wall_limit(timeline: Timeline, *, steps: int, files: Files, limits: Limits) -> float:
    """Seconds after which drawing that still moves is stopped all the same."""
    drawing = drawn_pixels(timeline, files=files) / 1e6 * _WALL_PER_MEGAPIXEL
    return min(_LEAST_WALL + steps * _WALL_PER_STEP + drawing, limits.max_wall)


def memory(drawings: Sequence[Drawing], *, canvas: Canvas, threads: int, profile: Profile) -> int:
    """Bytes that the largest of the steps holds."""
    encoder = resources.encoder_memory(_pixels(canvas), threads=threads, profile=profile)
    held = max(each.pixels * _BYTES_PER_DRAWN_PIXEL + len(each.inputs) * _BYTES_PER_INPUT for each in drawings)
    return ffmpeg_memory.TRANSCODE_BASE + encoder + int(held)


def output_size(timeline: Timeline, *, profile: Profile, limits: Limits) -> int:
    """Bytes that the rendition may come to."""
    seconds, canvas = float(timeline.frames / timeline.rate), timeline.canvas
    bit_rate = profile.max_video_bit_rate + profile.audio_bit_rate
    size = resources.size_of_seconds(seconds, size=(canvas.width, canvas.height), bit_rate=bit_rate)
    return min(size, limits.max_output_bytes)


def _pixels(canvas: Canvas) -> int:
    return canvas.width * canvas.height
