"""The environment of PostgreSQL's programs and of their supervisor: what they need to run, and no secret."""

from mediaproc.environment import variables

# Where programs and libraries are, and what PostgreSQL's own messages shall be written in: we look for words in them.
_OF_PROGRAMS = ("PATH", "LD_LIBRARY_PATH")
_MESSAGES = {"LC_ALL": "C"}
# Where Python and this package are.
_OF_PYTHON = ("PYTHONHOME", "PYTHONPATH")


def server_environment() -> dict[str, str]:
    """For `postgres`, `initdb` and every program that root runs as another user.

    That other user can read the program's environment, so nothing of root's own goes into it.
    """
    return _of(_OF_PROGRAMS)


def supervisor_environment() -> dict[str, str]:
    """For the supervisor, which lives on after the command that was given the secrets."""
    return _of((*_OF_PROGRAMS, *_OF_PYTHON))


def _of(names: tuple[str, ...]) -> dict[str, str]:
    given = variables()
    return {name: given[name] for name in names if name in given} | _MESSAGES
