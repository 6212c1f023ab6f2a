"""The gateway's relay beside a bare TCP relay and websockify, between one source and one load."""
