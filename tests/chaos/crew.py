"""The three executors of a chaos run, each behind proxies of its own, each replaced when it ends."""

import signal
import threading
from dataclasses import dataclass, field

from sqlalchemy import make_url

from tests.parts.executors import ExecutorProcess
from tests.parts.proxy import PostgresProxy, Proxy
from tests.parts.site import Site


@dataclass
class Post:
    """One node: its shard, its proxies, and the executor that runs there now."""

    site: Site
    shard: str
    database: PostgresProxy
    store: Proxy
    process: ExecutorProcess
    is_stopped: bool = False

    @property
    def executor_ids(self) -> set[str]:
        """Its UUID, once its log has said it."""
        return {str(line["executor"]) for line in self.process.matching(event="executor_started")}


@dataclass
class Crew:
    """`killed` and `stopped` hold the ids of executors whose lost claims are explained."""

    site: Site
    database_port: int
    store_port: int
    posts: list[Post] = field(default_factory=list)
    killed: set[str] = field(default_factory=set)
    stopped: set[str] = field(default_factory=set)
    exit_codes: list[int] = field(default_factory=list)
    _resuming: list[threading.Thread] = field(default_factory=list)

    def start(self, count: int) -> None:
        for index in range(count):
            database, store = PostgresProxy(self.database_port), Proxy(self.store_port)
            shard = f"{index}/{count}"
            process = self._launch(shard, database=database, store=store)
            self.posts.append(Post(self.site, shard=shard, database=database, store=store, process=process))

    def kill(self, post: Post) -> None:
        """kill -9, and a new one in its place at once."""
        post.process.send(signal.SIGKILL)
        post.process.wait()
        self._note(post, among=self.killed)
        self._replace(post)

    def drain(self, post: Post) -> None:
        """SIGTERM, wait for its end, and a new one in its place."""
        post.process.send(signal.SIGTERM)
        self.exit_codes.append(post.process.wait())
        self._replace(post)

    def stop_for(self, post: Post, seconds: float) -> None:
        """SIGSTOP now and SIGCONT later, while other faults go on."""
        self._note(post, among=self.stopped)
        post.is_stopped = True
        post.process.send(signal.SIGSTOP)

        def resume() -> None:
            threading.Event().wait(seconds)
            post.process.send(signal.SIGCONT)
            post.is_stopped = False

        thread = threading.Thread(target=resume)
        self._resuming.append(thread)
        thread.start()

    def awake(self) -> list[Post]:
        return [post for post in self.posts if not post.is_stopped]

    def wait_until_all_are_awake(self) -> None:
        for thread in self._resuming:
            thread.join()

    def end(self) -> None:
        """Drain everybody, the newest too; then nothing of the crew is left."""
        for post in self.posts:
            post.process.wait_for(event="executor_started")
        for post in self.posts:
            post.process.send(signal.SIGTERM)
        self.exit_codes += [post.process.wait() for post in self.posts]

    def close(self) -> None:
        for thread in self._resuming:
            thread.join()
        for post in self.posts:
            post.process.__exit__()
            post.database.close()
            post.store.close()

    def _note(self, post: Post, *, among: set[str]) -> None:
        among |= post.executor_ids

    def _replace(self, post: Post) -> None:
        post.process.__exit__()
        post.process = self._launch(post.shard, database=post.database, store=post.store)

    def _launch(self, shard: str, *, database: PostgresProxy, store: Proxy) -> ExecutorProcess:
        settings = self.site.settings
        database_url = make_url(settings["database_url"]).set(port=database.port)
        own = {
            "database_url": database_url.render_as_string(hide_password=False),
            "store_url": settings["store_url"].replace(f":{self.store_port}/", f":{store.port}/"),
            "shard": shard,
            "slots": "1",
            "steal_after": "2",
        }
        return ExecutorProcess(settings=settings | own)
