"""Every figure of memory, in bytes, with the measurement that it comes from: more memory for ffmpeg is given here."""

_MEGABYTE = 1024**2

# One allocation of more than this is a lie in a header: a 26 KB mp4 made ffprobe take 3.4 GB without the limit.
MAX_ALLOCATION = 512 * _MEGABYTE

# What a transcode holds: measured with 720p, 1080p and 2160p on one and two threads, with a fifth added. The
# measurements were 70 MB and, for each pixel, 71 bytes at veryfast, 157 at medium (of a slower preset the lookahead is
# longer), 24 for each further thread, 40 for the tone map.
TRANSCODE_BASE = 100 * _MEGABYTE
FAST_BYTES_PER_PIXEL = 60
SLOW_BYTES_PER_PIXEL = 160
BYTES_PER_PIXEL_AND_THREAD = 30
TONEMAP_BYTES_PER_PIXEL = 50

# What a plan with more memory has beside what its pictures declare: a film that grew from 320x240 to 8192x4320 took
# 860 MB more.
MORE_MEMORY = 1024 * _MEGABYTE

# What the palette of a gif and the choice of a poster hold beside the transcode: so many pictures at a time.
FRAMES_HELD = 120
HELD_BYTES_PER_PIXEL = 4

# Address space of an ffmpeg or an ffprobe that decodes, on top of what its pictures need: programs and libraries, of
# which little is ever used.
LIBRARIES = 1024 * _MEGABYTE
# For each thread that ffmpeg is asked for: the stacks of the four that it makes of it.
STACKS_PER_THREAD = 48 * _MEGABYTE
# The stack of each thread: what glibc takes where there is no limit. At the usual 8 MB the kernel would count against a
# child's memory many times what it writes to.
STACK = 2 * _MEGABYTE

# Address space of an ffprobe that only reads: 512 MB are enough with all its libraries, 256 are not.
PROBE_MEMORY = 512 * _MEGABYTE
# What is left of that beside the libraries, and what a node has to admit a probe with.
PROBE_DATA = 256 * _MEGABYTE

# The part of the memory that this process may use which is left to the daemon itself and to the page cache.
KEPT_BACK = 0.2

# What the doctor counts for each slot: a usual transcode of 1080p takes less.
USUAL_TRANSCODE = 1024 * _MEGABYTE
