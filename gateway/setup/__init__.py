"""What a machine needs before Beamdesk can run on it.

Scripts of the standard library alone: they run with any Python 3.11 before the virtual environment exists.
"""
