"""A process that delivers messages until it is killed: `python -m tests.chaos.delivering_process URL`."""

import sys
import threading

from mediaproc import log
from mediaproc.core.outbound_url import TrustedHosts
from mediaproc.db.database import Database
from mediaproc.delivery.deliverer import Deliverer
from mediaproc.delivery.sending import Sender
from mediaproc.guarded_http import GuardedHttp

# Seconds; a receiver that does not answer shall not make the test wait.
_DEADLINE = 0.5


def main() -> None:
    http = GuardedHttp(
        trusted=TrustedHosts(setting="MEDIAPROC_WEBHOOK_HOSTS", hosts=frozenset({"127.0.0.1"})), deadline=_DEADLINE
    )
    with log.writing(level="error"):
        deliverer = Deliverer(Sender(database=Database.at(sys.argv[1]), http=http, log=log.get()), log=log.get())
        deliverer.start()
        pause = threading.Event()
        # The test moves the database's clock, of which no notification tells.
        while True:
            deliverer.wake()
            pause.wait(0.1)


if __name__ == "__main__":
    main()
