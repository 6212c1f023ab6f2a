"""A real guacd for the tests."""
