"""Plans of timelines, run by real ffmpeg on small materials."""
