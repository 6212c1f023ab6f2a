"""The gateway: streams desktops to browsers and is the portal where people ask for them.

Five nouns: an *instance* is one machine that belongs to an owner (`portal/instances`); the *reconciler* makes
its desired state so through a broker; a *ticket* is the single-use right to open one stream of it
(`tickets.py`); a *session* is its live side, with a *viewer* for each open stream (`sessions`); an *upstream*
leads to the desktop and a *transport* to the browser. `app.py` puts the parts together.
"""
