"""What `status` and `tasks` read: the ops views, and the tasks one by one."""
