"""A draft that lies at a URL: what is asked for, what the answer lists, and where the paths in it lead.

Start at `request.py`, what the file of such a task says. `file_list.py` reads the answer to the URL: each file and its
name in the bundle. `material_paths.py` turns paths of the other side's disk into names of the bundle. `answers.py`
judges what the other side says.
"""
