-- Bounded by the index on finished_at.
CREATE VIEW ops.stage_times AS
SELECT
    date_trunc('hour', history.finished_at) AS hour,
    stage.key AS stage,
    count(*) AS tasks,
    round(percentile_cont(0.5) WITHIN GROUP (ORDER BY stage.value::double precision)::numeric, 2) AS median_seconds,
    round(percentile_cont(0.95) WITHIN GROUP (ORDER BY stage.value::double precision)::numeric, 2) AS p95_seconds,
    round(sum(stage.value::double precision)::numeric, 1) AS total_seconds
FROM media_process_history AS history
CROSS JOIN LATERAL jsonb_each_text(history.stage_seconds) AS stage
WHERE history.finished_at >= date_trunc('hour', now()) - interval '47 hours' AND history.outcome = 'completed'
GROUP BY 1, 2;

COMMENT ON VIEW ops.stage_times IS 'How long did each stage take, in each of the last 48 hours?';
