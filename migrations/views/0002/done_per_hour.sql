-- Bounded by the indexes on finished_at and started_at; an attempt that ran for longer than twelve hours is not counted.
CREATE VIEW ops.done_per_hour AS
WITH hours AS (
    SELECT generate_series(date_trunc('hour', now()) - interval '47 hours', date_trunc('hour', now()), '1 hour') AS hour
),
finished_tasks AS (
    SELECT
        date_trunc('hour', finished_at) AS hour,
        count(*) FILTER (WHERE outcome = 'completed') AS completed,
        count(*) FILTER (WHERE verification = 'salvaged') AS salvaged,
        count(*) FILTER (WHERE decision = 'copy') AS copied,
        count(*) FILTER (WHERE outcome = 'cancelled') AS cancelled,
        sum(duration) FILTER (WHERE outcome = 'completed') AS seconds_of_video,
        sum(output_size) FILTER (WHERE outcome = 'completed') AS bytes_of_output
    FROM media_process_history
    WHERE finished_at >= date_trunc('hour', now()) - interval '47 hours'
    GROUP BY 1
),
finished_attempts AS (
    SELECT
        date_trunc('hour', finished_at) AS hour,
        count(*) FILTER (WHERE outcome = 'failed') AS failed,
        count(*) FILTER (WHERE outcome = 'lost') AS lost,
        count(*) FILTER (WHERE outcome = 'rejected') AS rejected,
        count(*) FILTER (WHERE outcome = 'released') AS released,
        sum(cpu_seconds) AS cpu_seconds
    FROM media_process_attempt
    WHERE started_at >= date_trunc('hour', now()) - interval '59 hours'
        AND finished_at >= date_trunc('hour', now()) - interval '47 hours'
    GROUP BY 1
)
SELECT
    hours.hour,
    coalesce(completed, 0) AS completed,
    coalesce(salvaged, 0) AS salvaged,
    coalesce(copied, 0) AS copied,
    coalesce(rejected, 0) AS rejected,
    coalesce(failed, 0) AS failed,
    coalesce(lost, 0) AS lost,
    coalesce(released, 0) AS released,
    coalesce(cancelled, 0) AS cancelled,
    coalesce(round(seconds_of_video::numeric, 1), 0) AS seconds_of_video,
    coalesce(bytes_of_output, 0)::bigint AS bytes_of_output,
    coalesce(round(cpu_seconds::numeric, 1), 0) AS cpu_seconds
FROM hours
LEFT JOIN finished_tasks USING (hour)
LEFT JOIN finished_attempts USING (hour);

COMMENT ON VIEW ops.done_per_hour IS 'What was done in each of the last 48 hours, and how many attempts went wrong?';
