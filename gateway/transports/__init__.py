"""The connection from the gateway to a browser.

- `RfbLane` (rfb.py): `GET /stream/rfb`, from ticket to relay; `rfb_rights.py` says what each role may send.
- `GuacamoleLane` (guacamole.py): `GET /stream/guacamole`. `GuacamoleRelay` (guacamole_relay.py) is one
  viewer; `Picture` (guacamole_picture.py) what guacd draws for it, by a join or, once guacamole_borrowing.py
  has handed it over, by the keeper's stream; `Outbox` (guacamole_outbox.py) what waits for it;
  guacamole_files.py its files over HTTP.
- `Frames` (frames.py): WebSocket frames written as cheaply as the kernel allows, from socket to
  socket where both are plain (splice.py); with tap.py all that knows what lies below aiohttp's WebSocket.
- `Liveness` (liveness.py) judges whether a browser is there and keeps up; `Heartbeat` (heartbeat.py) asks.
- `closing.py` ends a WebSocket with a reason; `admitting.py` redeems a ticket before the upgrade.

A stream's bytes towards the browser are moved, never parsed; what browsers send is parsed and judged in
`beamdesk.codecs`.
"""
