"""Keeps no records: derives life data, event histories and demand from the facts of the lower rooms, and fits them; only
the last spares plan of a fleet, which takes minutes, is kept until the next.

Asks assets for what was installed where and how much it was used, failures and problems for what failed, how and
whether it counts, actions for effectivity; and it is the only door to `analytics`.
Asked by dashboards, exchange, the demo, the command line and notebooks.
"""
