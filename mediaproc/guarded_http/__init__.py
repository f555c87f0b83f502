"""The one HTTP client for hosts that somebody named: what others are told, and what is fetched, goes through it.

Start at `client.py`: addresses are judged, then asked. `receiving.py` reads an answer within its bounds, `requests.py`
writes the request.
"""

from mediaproc.guarded_http.client import DEADLINE, GuardedHttp
from mediaproc.guarded_http.receiving import Answer, NoAnswer, Target, TooLarge

__all__ = ["DEADLINE", "Answer", "GuardedHttp", "NoAnswer", "Target", "TooLarge"]
