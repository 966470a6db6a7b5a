"""What can fail and how: part types, the tree of positions of each system model, failure codes, usage metrics.

Asks of others: organisations, for the supplier of a part type.
Asked by: assets (what fits where), failures and problems (codes), reliability (repair assumption, lead time, cost).
"""
