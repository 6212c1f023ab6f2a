"""The live events of one browser tab: what it may see, told when it changes.

`model.py` holds the messages, `tab.py` what waits for one tab, `service.py` feeds a tab from the bus and the
database, `api.py` is the WebSocket.
"""
