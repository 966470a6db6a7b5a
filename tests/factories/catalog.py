"""A small catalog, made by the verbs: one model with brake positions, the part types that fit, hours and kilometres."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from fracas.catalog import workflow
from fracas.catalog.models import PartType, SystemModel
from fracas.core.permissions import Actor


def make_part_type(session: Session, actor: Actor, number: str = "BCU-200", **facts: Any) -> PartType:
    made: PartType = workflow.add_part_type(
        session, actor, **{"number": number, "name": f"Part {number}", **facts}
    )
    return made


def make_catalog(session: Session, actor: Actor) -> SystemModel:
    """Model LRV: BRAKE above B1.BCU and B2.BCU (take BCU-200), B1.VALVE (takes V-7) and BOX (takes anything)."""
    make_part_type(session, actor, "BCU-200")
    make_part_type(session, actor, "V-7")
    for code, unit in (("hours", "h"), ("km", "km")):
        workflow.add_metric(session, actor, code=code, name=code.title(), unit=unit)
    model: SystemModel = workflow.add_system_model(session, actor, code="LRV", name="Light rail vehicle")
    places = [("BRAKE", None, None), ("B1.BCU", "BRAKE", "BCU-200"), ("B2.BCU", "BRAKE", "BCU-200")]
    places += [("B1.VALVE", "B1.BCU", "V-7"), ("BOX", None, None)]
    for code, parent, part_type in places:
        workflow.add_position(
            session,
            actor,
            system_model=model,
            code=code,
            name=f"Position {code}",
            parent=parent,
            part_type=part_type,
        )
    return model
