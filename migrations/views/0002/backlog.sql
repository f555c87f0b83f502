-- A queue's table is small: this reads all of media_process and nothing else.
CREATE VIEW ops.backlog AS
SELECT
    status,
    profile,
    CASE
        WHEN status = 'processing' THEN 'its executor'
        WHEN status = 'rejected' OR (status = 'failed' AND fail_count >= 3) THEN 'a person'
        WHEN next_attempt_at > now() THEN 'its backoff'
        ELSE 'a free slot'
    END AS waits_for,
    count(*) AS tasks,
    min(created_at) AS oldest_created_at,
    now() - min(created_at) AS oldest_age,
    min(next_attempt_at) FILTER (WHERE status <> 'processing') AS next_attempt_at
FROM media_process
GROUP BY 1, 2, 3;

COMMENT ON VIEW ops.backlog IS 'How long is the queue, what does it wait for, and how old is its oldest task?';
