"""The portal: people, plans and instances, one folder for each business noun.

Every folder holds the same files: `model.py` (what the API says, and the noun's enums), `store.py` (tables
and queries), `service.py` (rules), `api.py` (routes). HTTP requests write the desired state and return; the
reconciler makes it so. `api.py` here lists the operations of all nouns.
"""
