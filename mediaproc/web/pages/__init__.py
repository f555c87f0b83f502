"""The pages: a function that reads, and a template that shows it."""
