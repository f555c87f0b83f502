"""The command line: one module for each command, which calls the product and prints.

Start at `main`, which finds the command and turns errors into sentences; `exit_codes` has the numbers. A command is in
the module of its name (`enqueue`, `transcode`, `tasks` ...), its settings become options in `options`.
`source_paths` turns PATH arguments into sources, `result_folder` saves renditions for `transcode`, and
`transcode_results` prints its table. `task_details` is the text of `tasks show`, `place_in_line` its sentence on the
line, `note_lines` what of a rendition is not drawn exactly, `task_follow` what `--follow` tells; `selected_tasks` reads
which tasks a command means, `pause_scope` what is to be paused or resumed, and `live_screen` shows what
`status --watch` reads anew.
For people there are `tables` and `progress_bars`, for programs `json_output`; `usage_errors` and
`sandbox_warning` are the sentences about wrong use and about a missing sandbox.
`actor` tells who acts, for the audit; `opened_parts` gives the database and the store.
"""

from mediaproc.cli.main import main

__all__ = ["main"]
