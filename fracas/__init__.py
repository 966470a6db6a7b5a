"""FRACAS: failure reporting, analysis and corrective action, with the reliability figures that follow from it."""

__version__ = "0.1.0"
