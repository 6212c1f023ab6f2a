"""The Remote Framebuffer Protocol (RFC 6143, and rfbproto for the extensions), sans-IO.

The nouns, in the order in which a session meets them:

- `ClientHandshake` (client_handshake.py): the gateway towards a desktop. It authenticates and stops there, so
  that ClientInit goes out when the viewer sends its own.
- `ServerHandshake` (server_handshake.py): the gateway towards a viewer; it offers security type None alone.
- `ClientMessages` (client_messages.py): all that a viewer sends passes here, under a `ViewerPolicy`
  (viewer_policy.py); `HeldInput` (held_input.py) knows which keys and buttons to release when it leaves.
- `FramebufferClient` (framebuffer_client.py): a client for Raw and CopyRect that keeps the pixels as a numpy
  array (framebuffer.py), for thumbnails.
- messages.py builds what a client sends; constants.py, pixel_format.py and extended_clipboard.py hold the
  vocabulary; exact_reader.py runs conversations that are written as generators.

Whatever goes wrong is one of errors.py. The desktop's bytes to a viewer are never parsed here: what would
change the framing of the viewer's messages is taken out of its SetEncodings instead.
"""
