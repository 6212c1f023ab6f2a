"""Tickets: single-use, short-lived rights to open one stream of one instance in one role.

`service.py` issues them and implements `TicketOffice`, through which the stream plane redeems them;
`store.py` is the table, `model.py` what the API shows, `api.py` the route.
"""
