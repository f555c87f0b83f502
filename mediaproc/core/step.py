"""One run of ffmpeg among those that make a rendition of several files."""

from dataclasses import dataclass

# The option that passes a filter graph by the name of its file. Builds of ffmpeg call it differently, so a step's
# arguments hold this word in its place, followed by the file's name in the room.
GRAPH_OPTION = "<graph>"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One run of ffmpeg within the room of an attempt: a folder that holds its inputs, and what earlier steps made.

    ffmpeg runs with the room as its working directory, so every file has its bare name there (`-i file:m0001`).
    """

    # For people: "pictures 3 of 12", "sound".
    name: str
    # What stands between the global options and `file:OUTPUT`.
    arguments: tuple[str, ...]
    # The file that it makes, by its name in the room; that of the last step is the rendition.
    output: str
    # How many pictures it makes, for the progress; 0 where it makes none.
    frames: int = 0
    # How many files it reads at once.
    inputs: int = 1
    threads: int = 1
