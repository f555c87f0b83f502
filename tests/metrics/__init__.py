"""The parts of an executor, each on its own."""
