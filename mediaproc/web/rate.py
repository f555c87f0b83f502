"""How many requests a caller may make in a while: a token bucket for each, in this process."""

import threading

from starlette.requests import Request

from mediaproc import clock
from mediaproc.web.problems import Problem, ProblemKind

# Callers that are remembered; beyond it, those whose buckets are full again are forgotten.
_MOST_CALLERS = 10_000
# Seconds: below it a wait is the rounding of a sum.
_SLACK = 1e-9


class Rate:
    """So many requests a second on average, and `burst` of them at once. Thread-safe."""

    def __init__(self, *, per_second: float, burst: int) -> None:
        self._per_second = per_second
        self._burst = burst
        # When each caller's bucket would be full again.
        self._full_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def require(self, caller: str) -> None:
        """Passes where the caller may go on, which is counted.

        Raises:
            Problem: it comes too early.
        """
        wait = self.wait(caller)
        if wait > 0:
            seconds = int(wait) + 1
            raise Problem(
                ProblemKind.TOO_MANY_REQUESTS,
                f"There were too many requests: try again in {seconds} s.",
                headers={"Retry-After": str(seconds)},
            )

    def wait(self, caller: str) -> float:
        """0.0 when the caller may go on, which is counted; else the seconds after which it may."""
        now = clock.elapsed()
        with self._lock:
            if len(self._full_at) >= _MOST_CALLERS:
                self._forget(now)
            full_at = max(self._full_at.get(caller, now), now) + 1 / self._per_second
            too_early = full_at - now - self._burst / self._per_second
            if too_early > _SLACK:
                return too_early
            self._full_at[caller] = full_at
            return 0.0

    def _forget(self, now: float) -> None:
        self._full_at = {caller: full_at for caller, full_at in self._full_at.items() if full_at > now}
        if len(self._full_at) >= _MOST_CALLERS:
            # So many callers at once are one caller's doing: whoever comes first is served first.
            self._full_at.clear()


def client_address(request: Request) -> str:
    """The address that the request came from; of a trusted proxy, the one that it names."""
    return request.client.host if request.client else "unknown"
