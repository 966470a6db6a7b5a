"""Problems: one cause behind many failures: the links, the analysis, the board's decision, the review of like items.

Asks failures for what happened, the catalog for codes and part types, users for owners.
Asked by actions (what they are done about), reliability (the analysed mode), dashboards and the demo; `loop` joins it to both.
"""
