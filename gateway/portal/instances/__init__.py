"""Instances: the machines that people own, as the portal knows them.

`states.py` is the table of states and what may follow which. `record.py` is one instance as stored, with
the intent (`desired`, `generation`) and what the reconciler has done about it. `store.py` keeps instances,
`history.py` every command with its result, `idempotency.py` answers to repeated requests. `service.py` has
the rules (whose instance, how many, what may be asked when), `model.py` what the API shows, `api.py` the
routes.
"""
