"""What callers of capcut-mate's API are told, in its words: the API is another project's, and is followed as it is.

Start at `told.py`: what becomes of a draft, by its tasks. `codes.py` are the answers' codes and their sentences in both
languages, `empty_draft.py` the draft without a clip that `create_draft` makes.
"""
