-- Reads media_process by its index on what is processing: never more rows than there are slots.
CREATE VIEW ops.working AS
SELECT
    task.id AS task_id,
    task.filename,
    task.profile,
    task.attempt,
    executor.host,
    executor.pid,
    task.claimed_by AS executor_id,
    executor.shard_index,
    executor.shard_total,
    task.claimed_at,
    now() - task.claimed_at AS working_for,
    round((100 * task.progress)::numeric, 1) AS percent,
    -- Of the whole attempt, since the claim: download and probe are in it, so it is a little low at first.
    round((6000 * task.progress / nullif(extract(epoch FROM now() - task.claimed_at), 0)::real)::numeric, 1)
        AS percent_per_minute,
    CASE WHEN task.progress > 0 THEN (now() - task.claimed_at) * ((1 - task.progress) / task.progress) END AS ready_in,
    task.lease_expires_at,
    task.lease_expires_at < now() AS lease_ran_out
FROM media_process AS task
LEFT JOIN media_executor AS executor ON executor.id = task.claimed_by
WHERE task.status = 'processing';

COMMENT ON VIEW ops.working IS 'Who works on what, since when, how far is it, and how fast does it go?';
