-- The predicate is that of the partial index media_process_waiting_idx.
CREATE VIEW ops.waiting_for_a_person AS
SELECT
    id AS task_id,
    file_id,
    filename,
    profile,
    status,
    fail_count,
    attempt,
    error_class,
    error,
    updated_at AS waiting_since,
    now() - updated_at AS waiting_for
FROM media_process
WHERE status = 'rejected' OR (status = 'failed' AND fail_count >= 3);

COMMENT ON VIEW ops.waiting_for_a_person IS 'What will never go on by itself, since when, and why?';
