"""Counts the queries for due tasks by a trigger of the table, also those that found none."""

from sqlalchemy import Engine, text

from tests.parts.waiting import until

# The trigger fires for every claim, also for one that takes nothing; it knows a claim by the name of its CTE.
_COUNTING = (
    "CREATE TABLE test_look (at timestamptz NOT NULL DEFAULT now())",
    """
    CREATE FUNCTION test_count_look() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        IF strpos(current_query(), 'due_tasks') > 0 THEN
            INSERT INTO test_look DEFAULT VALUES;
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER test_count_look BEFORE UPDATE ON media_process
    FOR EACH STATEMENT EXECUTE FUNCTION test_count_look()
    """,
)


class ClaimQueries:
    """Counts the claims in one database since this object was made."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        with engine.begin() as connection:
            for statement in _COUNTING:
                connection.execute(text(statement))

    @property
    def count(self) -> int:
        """How many claims have ended so far."""
        with self._engine.connect() as connection:
            counted: int = connection.execute(text("SELECT count(*) FROM test_look")).scalar_one()
            return counted

    def wait_for(self, count: int) -> None:
        """Returns once so many claims have ended.

        Raises:
            TimeoutError: they did not.
        """
        until(lambda: self.count >= count)
