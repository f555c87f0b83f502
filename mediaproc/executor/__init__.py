"""The executor: claims due tasks for its free slots, watches over each attempt, settles what became of it, drains."""
