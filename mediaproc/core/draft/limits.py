"""What a draft may be: larger ones are refused with a sentence, before they cost memory or time."""

from dataclasses import dataclass

# What 32-bit programs can hold at 120 frames a second, and far beyond any film (microseconds).
LONGEST_TIME = 24 * 3600 * 1_000_000

# Of one thing within a draft, where there is no reason for more; each one keeps a small file from costing much.
MOST_REFERENCES = 200
MOST_SPEED_POINTS = 32
MOST_ANIMATIONS = 20
MOST_STYLES = 5_000
LONGEST_TEXT = 20_000
LONGEST_WORDS = 1_000_000

# How often a draft may stand within a draft.
MOST_DEPTH = 2


@dataclass(frozen=True, kw_only=True)
class DraftLimits:
    """What a site takes."""

    # Bytes of the timeline's JSON.
    max_bytes: int = 32 * 1024**2
    # Values in that JSON: each costs some 60 bytes once it is read, however few it has in the file.
    max_values: int = 3_000_000
    # Lists and objects within each other.
    max_nesting: int = 100
    max_tracks: int = 200
    # Segments, those of compound clips counted as often as they are shown.
    max_segments: int = 20_000
    # What segments name and texts hold costs time for each one, whatever it is; no draft of a person has as many.
    max_references: int = 400_000
    max_characters: int = 1_000_000
    max_styles: int = 200_000
    max_keyframes: int = 100_000
    max_ramps: int = 2_000
    # Pixels of either side of the canvas.
    max_side: int = 7680
    min_rate: int = 1
    max_rate: int = 120
    # Microseconds.
    max_duration: int = 6 * 3600 * 1_000_000
