"""Ground floor: what every room stands on. It knows no room and no flask.

Keeps: history, outbox, jobs, number sequences. Asks nobody. Asked by everyone.
"""
