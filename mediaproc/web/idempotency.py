"""The same POST again, told by its `Idempotency-Key`, is answered from what the first one said."""

import hashlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import KW_ONLY, dataclass
from typing import Any

from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from mediaproc.core.access import Access
from mediaproc.db.access import idempotency
from mediaproc.db.database import Database
from mediaproc.json_form import json_text
from mediaproc.web.auth import authenticated
from mediaproc.web.problem_answers import problem_response
from mediaproc.web.problems import Problem, ProblemKind, problem_of
from mediaproc.web.site import site_of

_HEADER = "idempotency-key"
_LONGEST = 200
# From this status on it was no fault of the request's.
_OWN_FAULT = 500
# The next try of the same request may meet what this one did not.
_PASSES = frozenset({ProblemKind.LOCKED, ProblemKind.TOO_MANY_REQUESTS})
# Headers of an answer that are told again with it.
_KEPT = ("location", "etag", "content-type")


class IdempotentRoute(APIRoute):
    """A route whose POSTs are done once for each key of a token, within a day."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, and before it the look whether it has been done."""
        handler: Callable[[Request], Any] = super().get_route_handler()

        async def once(request: Request) -> Response:
            if request.method != "POST" or _HEADER not in request.headers:
                response: Response = await handler(request)
                return response
            return await _done_once(request, handler)

        return once


class _ToldOnce(Response):
    """An answer with a secret; `kept` is the body without it, for who asks again."""

    kept: bytes = b""


def answer_once(value: object, *, kept: object, status: int = 200) -> Response:
    """The object as JSON, with a secret that is kept nowhere: the same request again gets the object `kept`."""
    response = _ToldOnce(json_text(value), status_code=status, media_type="application/json")
    response.kept = json_text(kept).encode()
    return response


async def _done_once(request: Request, handler: Callable[[Request], Awaitable[Response]]) -> Response:
    site = site_of(request)
    access = await run_in_threadpool(authenticated, request)
    digest = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode())
    digest.update(await request.body())
    once = _Once(site.parts.database, owner=_owner(access), key=_key(request), request_sha256=digest.digest())
    earlier = await run_in_threadpool(once.earlier_answer)
    if earlier is not None:
        return earlier
    try:
        response = await handler(request)
    except Exception as error:
        problem = problem_of(error)
        if problem.kind.status >= _OWN_FAULT or problem.kind in _PASSES:
            await run_in_threadpool(once.forget)
            raise
        response = problem_response(request, problem, site=site)
    await run_in_threadpool(once.finish, response)
    return response


def _owner(access: Access) -> str:
    """Whose key it is: another bearer's key of the same text is another key."""
    return access.token_id or f"login {(access.session or b'').hex()}"


@dataclass(frozen=True)
class _Once:
    """One request under its key."""

    database: Database
    _: KW_ONLY
    owner: str
    key: str
    request_sha256: bytes

    def earlier_answer(self) -> Response | None:
        """What was answered to the same request before; None when this one is the first.

        Raises:
            Problem: the first one is still under way, or was another request.
        """
        with self.database.write() as connection:
            known = idempotency.begin(connection, token_id=self.owner, key=self.key, request_sha256=self.request_sha256)
        match known:
            case idempotency.Finished():
                headers = dict(known.headers) | {"Idempotency-Replayed": "true"}
                return Response(known.body, status_code=known.status, headers=headers)
            case idempotency.InFlight():
                raise Problem(ProblemKind.CONFLICT, "The first request with this Idempotency-Key is still under way.")
            case idempotency.OtherRequest():
                raise Problem(
                    ProblemKind.INVALID,
                    "This Idempotency-Key was sent with another request: give each request one of its own.",
                )
        return None

    def finish(self, response: Response) -> None:
        """Keep what is answered."""
        headers = {name: value for name, value in response.headers.items() if name in _KEPT}
        with self.database.write() as connection:
            idempotency.finish(
                connection,
                token_id=self.owner,
                key=self.key,
                status=response.status_code,
                body=response.kept if isinstance(response, _ToldOnce) else bytes(response.body),
                headers=headers,
            )

    def forget(self) -> None:
        """Let the same request be tried again."""
        with self.database.write() as connection:
            idempotency.forget(connection, token_id=self.owner, key=self.key)


def _key(request: Request) -> str:
    key = request.headers[_HEADER].strip().strip('"')
    if not 0 < len(key) <= _LONGEST or not key.isprintable():
        raise Problem(ProblemKind.MALFORMED, f"An Idempotency-Key has 1 to {_LONGEST} printable characters.")
    return key
