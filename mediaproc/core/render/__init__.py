"""A timeline becomes a plan: what ffmpeg runs, one step after the other, to draw its pictures and mix its sounds.

- `room_file.py`: a material as it lies in the room of an attempt

The sound:

- `sound_mix.py`: what is mixed by which run of ffmpeg; `sound_chain.py`: one sound of it
- `tempo.py`: at another speed; `gain.py`: how loud over its time, and fades
"""
