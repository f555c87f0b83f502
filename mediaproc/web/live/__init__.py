"""What is on screens, kept as it is in the database: one thread for each server, asleep while nobody looks.

The thread reads at each look what all streams together show, puts it on the board, and wakes the streams that show
something that changed. Nothing is queued for a stream: it takes from the board what is newer than what it has sent.
So a slow reader costs no memory, and misses only what was already different again.

- `hub.py`: the thread, and the way in (start here); `looks.py`: what it reads of the database
- `board.py`: the latest state of each thing, numbered as it changed
- `streams.py`: what each stream shows, how many there may be; `opening.py`: who may see what
- `event_stream.py`: a stream as an answer, in the form of server-sent events
"""
