-- Days of UTC, this one and 61 before it, so that the whole month before this one can be billed. Each day walks the index on
-- finished_at by itself: a condition on `day` reads no other day. A cancelled task is no task done, but it cost what it did.
CREATE VIEW ops.cost_per_tenant AS
SELECT
    cost.tenant,
    days.day,
    cost.tasks,
    cost.cpu_seconds,
    cost.bytes_in,
    cost.bytes_out,
    cost.seconds_of_video
FROM (
    SELECT (now() AT TIME ZONE 'UTC')::date - ago AS day FROM generate_series(0, 61) AS ago
) AS days
CROSS JOIN LATERAL (
    SELECT
        tenant,
        count(*) FILTER (WHERE outcome <> 'cancelled') AS tasks,
        coalesce(round(sum(cpu_seconds)::numeric, 1), 0) AS cpu_seconds,
        coalesce(sum(bytes_in), 0)::bigint AS bytes_in,
        coalesce(sum(bytes_out), 0)::bigint AS bytes_out,
        coalesce(round(sum(duration)::numeric, 1), 0) AS seconds_of_video
    FROM media_process_history
    WHERE finished_at >= days.day::timestamp AT TIME ZONE 'UTC'
        AND finished_at < (days.day + 1)::timestamp AT TIME ZONE 'UTC'
    GROUP BY tenant
) AS cost;

COMMENT ON VIEW ops.cost_per_tenant IS 'What did the uploads of each tenant cost on each of the last 62 days?';
