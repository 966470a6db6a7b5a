"""The demo fleet: rail vehicles with brake systems, played through the rooms' own verbs.

Keeps: the scenario and its known truth. Asks: every room's workflow, and `reliability` for the simulator of life events.
Asked by: the command line (`fracas demo load`).
"""
