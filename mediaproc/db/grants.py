"""Gives the roles of a database the rights of `rights.py`, by SQL that is printed or run; and lets them log in."""

from collections.abc import Mapping

from sqlalchemy import Connection, text

from mediaproc.core.errors import PartMissing, WrongUse
from mediaproc.core.safe_text import quoted
from mediaproc.db.rights import FUNCTIONS, RELATIONS, ROLES, rights_of

DEFAULT_NAMES = {role: f"mediaproc_{role}" for role in ROLES}


def statements(names: Mapping[str, str]) -> list[str]:
    """The SQL that gives the roles of these names their rights and takes any other right on our tables from them.

    A role that is not there is made, without a way to log in. Running it again changes nothing.
    """
    everything = ", ".join(RELATIONS)
    made = []
    for role, name in names.items():
        role_name = _identifier(name)
        made += [
            _prepared(name),
            f"REVOKE ALL ON {everything} FROM {role_name}",
            *(f"REVOKE ALL ON {function} FROM {role_name}" for function in FUNCTIONS),
            *(f"GRANT {right} TO {role_name}" for right in rights_of(role)),
        ]
    return made


def _prepared(name: str) -> str:
    """Make the role where it is not there, and let it into the database and its schemas."""
    literal = _literal(name)
    return f"""DO $do$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {literal}) THEN
    CREATE ROLE {_identifier(name)};
  END IF;
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), {literal});
  EXECUTE format('GRANT USAGE ON SCHEMA %I, ops TO %I', current_schema(), {literal});
END $do$"""


def apply_grants(connection: Connection, *, names: Mapping[str, str]) -> None:
    """Run `statements` in the transaction of the connection.

    Raises:
        PartMissing: the tables are somebody else's. PostgreSQL would only warn of rights that it did not give.
        WrongUse: a role is the tables' owner, who would lose what an owner has.
    """
    owner, is_ours = connection.execute(
        text(
            "SELECT pg_get_userbyid(relowner), pg_has_role(relowner, 'USAGE')"
            " FROM pg_class WHERE oid = 'media_process'::regclass"
        )
    ).one()
    if not is_ours:
        raise PartMissing(f"The database refuses: the tables are of {quoted(owner)}, who alone gives rights in them.")
    for role, name in names.items():
        if name == owner:
            raise WrongUse(f"The {role} cannot be {quoted(name)}, who owns the tables: name another one.")
    for statement in statements(names):
        _run(connection, statement)


def let_log_in(connection: Connection, *, name: str, password: str) -> None:
    """Let the role log in with this password; the server gets only a SCRAM verifier of it."""
    driver = connection.connection.driver_connection
    if driver is None:
        raise AssertionError("the connection is open")
    verifier = driver.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
    _run(connection, f"ALTER ROLE {_identifier(name)} LOGIN PASSWORD {_literal(verifier)}")


def _run(connection: Connection, statement: str) -> None:
    # A name may hold a % as well as any other character.
    connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def _identifier(name: str) -> str:
    """As a name in SQL, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def _literal(value: str) -> str:
    doubled = value.replace("'", "''")
    return f"'{doubled}'"
