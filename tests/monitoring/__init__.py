"""What an executor tells over HTTP."""
