"""Delivers what is due: at once when a message is written, again when one failed, and at each fire of the schedule.

Each webhook has lanes of its own, so that a slow receiver holds up nobody else's messages. What others left, since they
died or heard nothing, the schedule finds.
"""

import math
import threading
from collections import Counter

from structlog.typing import FilteringBoundLogger

from mediaproc import clock
from mediaproc.core.errors import PartMissing, Unavailable
from mediaproc.db import delivery_claims
from mediaproc.delivery.sending import Sender

# Messages that one executor sends at a time: to one webhook, and to all.
LANES_OF_A_WEBHOOK = 2
LANES = 16
# For which an end waits for the messages that are on their way.
_END_PATIENCE = 2.0


class Deliverer:
    """One thread that looks for what is due, and a short-lived one for each lane."""

    def __init__(self, sender: Sender, *, log: FilteringBoundLogger, is_paused: bool = False) -> None:
        self._sender = sender
        self._log = log
        # Guards all below, and is notified when the looking thread may have something to do.
        self._changed = threading.Condition()
        self._has_ended = False
        self._is_paused = is_paused
        self._is_woken = False
        self._is_looking = False
        self._next_look = 0.0
        self._lanes: Counter[int] = Counter()
        self._found_no_lane = False
        self._threads: set[threading.Thread] = set()
        self._looker = threading.Thread(target=self._look_until_the_end, name="deliveries", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._looker.start()

    def wake(self) -> None:
        """A message is due: look now."""
        with self._changed:
            self._is_woken = True
            self._changed.notify_all()

    def pause(self, *, is_paused: bool) -> None:
        """Begin to send nothing while a person has paused it."""
        with self._changed:
            self._is_woken = self._is_woken or (self._is_paused and not is_paused)
            self._is_paused = is_paused
            self._changed.notify_all()

    def end(self) -> None:
        """Look once more, send for a moment what is due, and then claim no more.

        So the message about an executor's last task need not wait for another executor. One that is still on its way
        then is sent again, after its lease.
        """
        until = clock.elapsed() + _END_PATIENCE
        with self._changed:
            self._is_woken = True
            self._changed.notify_all()
            self._changed.wait_for(self._is_idle, timeout=_END_PATIENCE)
            self._has_ended = True
            self._changed.notify_all()
            threads = [self._looker, *self._threads]
        for thread in threads:
            if thread.ident is not None:
                thread.join(timeout=max(0.0, until - clock.elapsed()))

    def _is_idle(self) -> bool:
        busy = self._is_woken or self._is_looking or self._lanes.total() > 0
        return self._is_paused or not (self._looker.is_alive() and busy)

    def _look_until_the_end(self) -> None:
        while self._is_time_to_look():
            try:
                self.open_lanes()
            except (Unavailable, PartMissing) as error:
                self._log.warning("deliveries_wait", reason=str(error))

    def _is_time_to_look(self) -> bool:
        """Returns when it is time: woken, or at the next look, which a message that failed may want earlier."""
        with self._changed:
            self._is_looking = False
            self._changed.notify_all()
            while not (self._has_ended or self._is_woken):
                left = self._next_look - clock.elapsed()
                if left <= 0:
                    break
                self._changed.wait(None if left == math.inf else left)
            self._is_woken = False
            self._next_look = math.inf
            self._is_looking = True
            return not self._has_ended

    def open_lanes(self) -> int:
        """Begin to send what is due, as far as lanes are free; returns for how many webhooks something is.

        Raises:
            Unavailable, PartMissing: the database is away.
        """
        with self._sender.database.read() as connection:
            due = delivery_claims.due_webhooks(connection)
        for webhook_id in due:
            for _ in range(LANES_OF_A_WEBHOOK):
                self._open_lane(webhook_id)
        return len(due)

    def _open_lane(self, webhook_id: int) -> None:
        with self._changed:
            if self._has_ended or self._is_paused:
                return
            if self._lanes[webhook_id] >= LANES_OF_A_WEBHOOK or self._lanes.total() >= LANES:
                self._found_no_lane = True
                return
            self._lanes[webhook_id] += 1
            lane = threading.Thread(target=self._send_what_is_due, args=(webhook_id,), name="delivery", daemon=True)
            self._threads.add(lane)
        lane.start()

    def _send_what_is_due(self, webhook_id: int) -> None:
        try:
            while not (self._has_ended or self._is_paused) and (sent := self._sender.send_next(webhook_id)) is not None:
                if sent.delay is not None:
                    self._look_within(sent.delay)
        except (Unavailable, PartMissing) as error:
            self._log.warning("deliveries_wait", reason=str(error))
        finally:
            self._close_lane(webhook_id)

    def _close_lane(self, webhook_id: int) -> None:
        with self._changed:
            self._lanes[webhook_id] -= 1
            self._threads.discard(threading.current_thread())
            # What was found while the lanes were taken may have come after this lane's last look.
            self._is_woken = self._is_woken or self._found_no_lane
            self._found_no_lane = False
            self._changed.notify_all()

    def _look_within(self, seconds: float) -> None:
        with self._changed:
            self._next_look = min(self._next_look, clock.elapsed() + seconds)
            self._changed.notify_all()
