"""The verification's tolerance: how far an output may be from its source and its plan before it fails."""

# An output that lacks so little of the length that its source declares is whole (a part of it; s). Of a short film a
# whole second would be half of it, and of a very short one a single picture is more than the part.
LENGTH_PART, _SHORT_LENGTH_PART = 0.01, 0.1
_LONGEST_SLACK, _SHORTEST_SLACK = 1.0, 0.1

# What an mp4's index may miss of its film without anybody seeing it (s, and a part of the film).
INDEX_SLACK, INDEX_SLACK_PART = 0.1, 0.01

# A file with a smaller part than this of the bytes that its header states was cut; real rm files lack 10 bytes.
WHOLE_FILE_PART = 0.99

# ffmpeg stops at `-fs` with exit 0, some packets before it: an output with this part of the limit has reached it.
SIZE_LIMIT_PART = 0.95

# By how much sound may come early or late (s) where players take its packets back to back. Of a source whose sound is
# copied: less than anybody sees. At the end of any output: more than this is noticed, and the source's own sound may
# overlap where recordings were joined, so that an output cannot be held to less.
COPIED_AUDIO_DRIFT = 0.02
AUDIO_DRIFT = 0.06
# So many packets of sound may be squeezed in: one at each place where two recordings were joined whose sound overlaps.
MOST_SQUEEZED_PACKETS = 3
# How much longer sound may last than the source's, and than the picture (s, and a part of it).
LONGER_AUDIO, LONGER_AUDIO_PART = 0.5, 0.01
# How early or late sound may be beside the source's (s): less than anybody notices, more than real recordings jitter.
AUDIO_LAG = 0.03

# By how much a picture may be moved (s): the clocks that were met have milliseconds.
PICTURE_DISPLACEMENT = 0.02
# A player can seek only to a key frame, so that a viewer who seeks waits for the next one (s).
LONGEST_GOP = 10.0
# How far the cells of a small picture may be from the source's, in values of Y, U and V: one of them, and all on the
# whole. An encode moves a mean by 1 or 2, a wrong matrix a strong colour by 10 and more, another picture or noise by 30
# and more.
LARGEST_CELL, MEAN_CELL = 20.0, 6.0


def length_tolerance(seconds: float) -> float:
    """How much of so many declared seconds may lack without anybody missing it (s)."""
    return max(min(_LONGEST_SLACK, seconds * _SHORT_LENGTH_PART), _SHORTEST_SLACK, seconds * LENGTH_PART)
