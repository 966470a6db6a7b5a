"""Failures: the reports, every wording they had, and what the loop adds: verification, score, containment, swap, photos.

Asks assets for systems, serials, installations and readings, the catalog for codes and positions, users for people.
Asked by problems and actions (what they are about), reliability (life data), exchange, dashboards and the demo.
"""
