"""The live side of instances, in memory: who is connected, in which role, and who has to go.

- `Viewer` (viewer.py): one person's connection to one session; whoever ends it says why, the first wins.
- `Session` (session.py): the viewers of one instance.
- `Admission` (admission.py): a viewer on its way in, so that none slips past an end of access.
- `SessionRegistry` (registry.py): all sessions; ends viewers by instance, by sign-in, or all of them.

Nothing here knows a protocol, a socket or the portal; lanes attach viewers and wait for their end.
"""
