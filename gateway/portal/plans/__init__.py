"""Plans: what people can start, an image in a flavour on a broker.

`store.py` keeps the configured plans, `service.py` adds what the brokers offer at the moment, `model.py` is
what the API shows, `keyboards.py` the keyboard layouts, `api.py` the routes.
"""
