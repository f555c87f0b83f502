"""A timeline becomes a plan: what ffmpeg runs, one step after the other, to draw its pictures and mix its sounds.

- `rendering.py`: the plan; start here
- `room_file.py`: a material as it lies in the room of an attempt
- `slices.py`: the windows that are drawn one after the other; `encoding.py`: as what, `join.py`: how they become one
- `cost.py`: what it takes, and what is refused; `visible.py`: whether anything is seen
- `samples.py`: what of the film is looked at once it is made

The pictures:

- `picture.py`: all layers of a `window.py`, from the lowest to the highest, as a `drawing.py`
- `run.py`: clips that hang together; `transitions.py`: from one to the next; `clip_drawing.py`: one on its canvas
- `stream.py`: what a clip shows, from a file (`source.py`, at the moments of `take.py`) or another timeline
- `resting.py`, `moving.py`: a clip that stays where it lies (`place.py`), and one that does not, as a `sprite.py`;
  `turning.py`: what is turned by any angle
- `colours.py`, `colouring.py`: BT.709, and what a project changes of it; `alpha.py`, `masks.py`: what is transparent
- `fills.py`, `blending.py`: what lies behind a clip, and how it goes together with that
- `graph.py`, `expression.py`: filters and their values over time as ffmpeg reads them; `context.py`: what all share

The sound:

- `sound_mix.py`: what is mixed by which run of ffmpeg; `sound_chain.py`: one sound of it
- `tempo.py`: at another speed; `gain.py`: how loud over its time, and fades
"""
