"""What is old goes, as the settings say: in batches, each a short transaction with a rest after it.

What is where: `pruning.py` (one pass; start here), `keep.py` (for how long what is kept), `batches.py` (one batch after
another), `old_history.py` (what goes with its objects).
"""
