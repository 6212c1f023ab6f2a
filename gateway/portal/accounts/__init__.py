"""Accounts: people, how they sign in, and what they signed in with.

A `Person` is known by (issuer, subject). A `SignInMethod` (methods.py) turns a credential into an
`Identity`; `OneTimeLink` is the one for the embedded mode. `Accounts` (service.py) turns an identity into a
browser session, gives out access tokens, and says who a cookie or a token belongs to. api.py are the
routes, store.py the tables, model.py what goes over the wire.
"""
