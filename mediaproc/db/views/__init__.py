"""What people ask about: the ops views, and the tasks one by one; read and never changed."""
