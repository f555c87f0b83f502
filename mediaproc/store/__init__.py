"""The only place that knows where objects are kept: MinIO, or a directory, behind one protocol."""
