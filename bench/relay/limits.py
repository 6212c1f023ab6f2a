"""What a process needs in order to be a crowd."""

import resource

__all__ = ["allow_descriptors"]


def allow_descriptors() -> None:
    """Raise this process's limit of open files, and its children's, to what the system permits."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
