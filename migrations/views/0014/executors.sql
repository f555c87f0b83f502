CREATE OR REPLACE VIEW ops.executors AS
SELECT
    executor.id AS executor_id,
    executor.host,
    executor.pid,
    executor.shard_index,
    executor.shard_total,
    executor.slots,
    executor.busy,
    CASE
        WHEN executor.state <> 'stopped'
            AND (executor.found_dead_at IS NOT NULL OR executor.heartbeat_at < now() - make_interval(secs => executor.lease))
            THEN 'gone'
        ELSE executor.state
    END AS state,
    executor.paused_for,
    executor.sandbox,
    executor.version,
    executor.started_at,
    executor.heartbeat_at,
    now() - executor.heartbeat_at AS last_seen,
    (SELECT count(*) FROM media_process WHERE status = 'processing' AND claimed_by = executor.id) AS tasks,
    executor.confined,
    executor.shard_is_auto
FROM media_executor AS executor;

COMMENT ON VIEW ops.executors IS 'Which executors are there, when was each last seen, and what do they do?';
