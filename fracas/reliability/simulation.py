"""Simulated life events for the demo fleet: `analytics.synthetic`, reached through the only door to it."""

from __future__ import annotations

from analytics.synthetic import Installation, PartTruth, Slot, WeibullLaw, simulate_lives

__all__ = ["Installation", "PartTruth", "Slot", "WeibullLaw", "simulate_lives"]
