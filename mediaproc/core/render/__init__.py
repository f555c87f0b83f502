"""A timeline becomes a plan: what ffmpeg runs, one step after the other, to draw its pictures and mix its sounds.

- `room_file.py`: a material as it lies in the room of an attempt
"""
