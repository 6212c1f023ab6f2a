"""The connection from the gateway to a desktop.

- `dial` (dial.py): an open socket to a `Target`.
- `ByteStream` (streams.py): what a lane needs of such a connection, plain (socket_stream.py) or under TLS
  (tls_stream.py, with the contexts of tls.py). While it shakes hands it is read by awaiting; after
  `relay_to` its bytes go to a `Sink` from a callback, without a task and without a buffer of its own.
- `RfbUpstream` (rfb.py): a desktop that speaks RFB, signed in.
- `UpstreamFailed` (errors.py): whatever goes wrong, with the reason that the browser shows.

What the bytes mean is known in `beamdesk.codecs`; who looks at them, in sessions.
"""
