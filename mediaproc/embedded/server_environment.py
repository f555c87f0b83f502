"""What PostgreSQL's programs and their keeper find in their environment: what they need to run, and no secret."""

from mediaproc.environment import variables

# Where programs and libraries are, and what PostgreSQL's own messages shall be written in: we look for words in them.
_OF_PROGRAMS = ("PATH", "LD_LIBRARY_PATH")
_MESSAGES = {"LC_ALL": "C"}
# Where Python and this package are.
_OF_PYTHON = ("PYTHONHOME", "PYTHONPATH")


def server_environment() -> dict[str, str]:
    """For `postgres`, `initdb` and whatever root lends another user's identity.

    Such a program may belong to somebody else, who reads its environment: that of root's command is not his.
    """
    return _of(_OF_PROGRAMS)


def supervisor_environment() -> dict[str, str]:
    """For the keeper, which lives on after the command that was given the secrets."""
    return _of((*_OF_PROGRAMS, *_OF_PYTHON))


def _of(names: tuple[str, ...]) -> dict[str, str]:
    given = variables()
    return {name: given[name] for name in names if name in given} | _MESSAGES
