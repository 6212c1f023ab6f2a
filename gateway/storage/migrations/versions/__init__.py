"""One script per revision, applied in order and never changed once released."""
