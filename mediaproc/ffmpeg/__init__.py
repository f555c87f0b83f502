"""The only place that runs ffmpeg and ffprobe: each in a sandbox, watched, bounded, and dead when its executor is."""
