"""The whole loop on real parts: enqueue, executors as processes, renditions in the store."""
