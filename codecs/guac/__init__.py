"""The Guacamole protocol as guacd 0.9 to 1.6 and guacamole-common-js speak it, sans-IO.

The nouns, in the order in which a session meets them:

- `ClientHandshake` (client_handshake.py): the gateway towards guacd, opening a connection or joining one;
  what it reports is in handshake_events.py, and prompts.py answers when guacd asks for a password.
- `InstructionFramer` (framing.pyx, compiled): where the whole instructions end in a chunk of guacd's, and
  which must be noticed. framing_py.py is the same in plain Python, for the tests; framed.py what both answer.
- `ClientInstructions` (client_instructions.py): all that a viewer sends passes here, under a `ViewerPolicy`
  (viewer_policy.py) and the ranges of arguments.py; `HeldInput` (held_input.py) knows what to release when
  the viewer leaves, `BadInstructions` (bad_instructions.py) when to show it the door.
- `InstructionDecoder` (decoder.py) and `Instruction` (instruction.py): the strict reading, and the writing.
- opcodes.py, status.py, limits.py hold the vocabulary; tokens.py fills in connection parameters.

Whatever goes wrong is one of errors.py. guacd's drawing is never decoded: it is framed and passed on.
"""
