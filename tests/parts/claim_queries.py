"""How often executors have asked the table for due tasks, counted by the table: also those who found none."""

from sqlalchemy import Engine, text

from tests.parts.waiting import until

# The trigger fires for every claim, also for one that takes nothing; it knows one by the name of the statement's part.
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
    """Counts from its making on; one for a database."""

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
        """Returns once there were so many.

        Raises:
            TimeoutError: there were not.
        """
        until(lambda: self.count >= count)
