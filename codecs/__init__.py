"""Codecs turn bytes into events and intentions into bytes; they never wait.

`rfb/` speaks the Remote Framebuffer Protocol (VNC), `guac/` the Guacamole protocol. A codec is fed what
arrived, answers with events, and hands over what is to be sent; sockets, TLS, tasks and clocks belong to the
shells in the gateway. What a peer does wrong is a `RemoteProtocolError`, what the caller does wrong a
`LocalProtocolError`.
"""  # noqa: A005 - imported as beamdesk.codecs, never as the standard library's codecs
