"""Systems and serial-numbered parts: what was installed where and when, what condition it is in, what the meters showed.

Asks of others: catalog (part types, positions, metrics), organisations (sites, customers).
Asked by: failures (part swap, usage at failure), reliability (life data), dashboards (whole life of a serial).
"""
