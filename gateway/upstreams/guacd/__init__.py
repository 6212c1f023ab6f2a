"""The connections from the gateway to guacd.

- `GuacdAddress` (address.py) is where guacd listens; `connected` (connection.py) opens a connection or joins
  one, with a time-out on every step, and gives a `GuacdConnection`.
- `InstructionReader` (reader.py) cuts guacd's bytes into whole instructions for an `InstructionSink`.
- `Keeper` (keeper.py): the gateway's own connection, the owner of everything that belongs to one desktop.
  Viewers are joins of it, so they come and go without ending it.
- `Loan` (loan.py): the keeper's connection in the hands of one viewer, in place of a join.
- `Keepers` (keepers.py): one keeper per desktop, started with the first viewer, kept on for a while.
- `RemoteFiles` (files.py) moves files through the keeper; file_streams.py is one on its way.
- parameters.py makes guacd's parameters out of a target; endings.py turns guacd's statuses into our reasons.

guacd's facts that shape this: it writes to the users of a connection in turn and blocks, so each socket is
always read; it does not tell users that its child died until they send something, so the keeper does, all the
time; some things only the owner may, so the gateway is the owner.
"""
