"""The only place that speaks SQL: one function per statement, every change of a task fenced by its claim token."""
