"""Actions: containment, corrective and preventive work: owner, due date, effectivity, criterion, evidence, verdict.

Asks problems and failures what they are about, the catalog for metrics, users for owners.
Asked by reliability (effectivity), dashboards and the demo; `loop` lets them hold a problem open.
"""
