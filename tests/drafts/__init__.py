"""Judges of rendered drafts that know nothing of the renderer: `make drafts` prints what they find.

Start at `__main__.py`. What a draft should look like is computed here from its JSON and the format's formulas alone
(`reading.py`), never by the product's reader or renderer:

- `cards.py`, `materials.py`: films, stills and tones whose every frame and note tells where it comes from
- `writing.py`, `written_*.py`: forty drafts, written by pyJianYingDraft
- `reading.py`: what a draft's JSON says is seen and heard, in frames
- `compositor.py`, `xfade.py`: the whole frame by NumPy and Pillow; `similarity.py` compares two
- `place_judge.py`, `sound_judge.py`, `text_judge.py`: the right colour, tone and ink at the right place and time
- `verdict.py`: all of them over one film
- `rendition.py`: decodes what the product made; `product.py` lets it make that
- `app_drafts.py`: the shapes of editors' own drafts; `hostile_drafts.py` and beside it: those that try to do harm
- `document.py`: docs/reference/drafts-report.md
"""
