"""Failure reports for programs: list, get, file, every verb, attachments, history."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from apiflask import APIBlueprint
from flask import Response, make_response, request, url_for
from pydantic import Field

from fracas.core.facts import current
from fracas.core.paging import page
from fracas.failures import gates, media, queries, scoring, workflow
from fracas.failures.forms import VERBS, File
from fracas.failures.models import Attachment, Containment, Failure, PartSwap
from fracas.failures.reporting import NEEDED_TO_COMPLETE
from fracas.failures.states import NEXT_STEP, FailureState
from fracas.web.api import ListQuery, Output, etag, idempotent, page_of, takes
from fracas.web.guard import actor, needs
from fracas.web.session import db
from fracas.web.verbs import VerbTable, add_api, history_of, key_of

api = APIBlueprint("failures_api", __name__, url_prefix="/failures", tag="failures")


class FailureQuery(ListQuery):
    """Which reports; everything that is given must hold."""

    state: str | None = Field(None, description="a state, or `open`: not ended")
    site: str | None = None
    system: str | None = Field(None, description="serial")
    system_model: str | None = None
    part_type: str | None = Field(None, description="number")
    part: str | None = Field(None, description="serial")
    mode: str | None = Field(None, description="code; the analysed mode, else the observed one")
    symptom_code: str | None = None
    standing: str | None = Field(None, description="counted, excluded or unscored")
    counts: bool | None = Field(None, description="only what statistics count: all but the excluded")
    text: str | None = Field(None, description="in number, symptom, handling or external number")
    mine: bool | None = Field(None, description="only those the caller reported")
    since: date | None = Field(None, description="occurred on that day (UTC) or later")
    until: date | None = Field(None, description="occurred on that day (UTC) or earlier")

    def select(self) -> Any:
        """The reports that are meant, as far as the caller may see them."""
        facts = self.model_dump(exclude={"cursor", "limit", "since", "until", "mine"})
        return queries.failures(
            db(),
            actor(),
            **facts,
            is_mine=self.mine,
            occurred_from=midnight(self.since),
            occurred_before=midnight(self.until, days=1),
        )


def midnight(day: date | None, *, days: int = 0) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC) + timedelta(days=days)


class ReadingOut(Output):
    metric: str
    value: float
    unit: str
    occurred_at: datetime


class VerificationOut(Output):
    outcome: str
    mode: str | None
    method: str
    duplicate_of_id: UUID | None
    entered_at: datetime


class ScoreOut(Output):
    decision: str
    is_relevant: bool | None
    is_chargeable: bool | None
    answers: dict[str, str]
    note: str | None
    entered_at: datetime


class SwapOut(Output):
    """The serials taken out and put in; either may not be recorded."""

    part_out: str | None
    part_in: str | None
    occurred_at: datetime


class ContainmentOut(Output):
    is_needed: bool
    note: str
    quarantined: list[str] = Field(description="serials, as far as the caller may see them")
    entered_at: datetime


class AttachmentOut(Output):
    id: UUID
    file_name: str
    media_type: str
    size_bytes: int
    sha256: str
    url: str


class FailureOut(Output):
    """One report: natural keys as text, times in UTC, codes as codes."""

    id: UUID
    number: str
    revision: int
    version: int
    state: str
    state_since: datetime
    close_as: str | None
    closed_at: datetime | None
    external_id: str | None
    source: str
    extra: dict[str, Any]
    reporter_name: str
    entered_at: datetime
    site: str
    system: str
    system_model: str
    part: str | None
    part_type: str | None
    position: str | None
    occurred_at: datetime
    detected_at: datetime | None
    last_known_good_at: datetime | None
    usage: ReadingOut | None
    usage_not_read_reason: str | None
    symptom: str
    symptom_code: str | None
    configuration: str | None
    life_cycle_phase: str | None
    environment: str | None
    operating_state: str | None
    location: str | None
    detection_method: str | None
    effect_on_function: str | None
    effect_on_safety: str | None
    effect_on_mission: str | None
    delay_minutes: float | None
    downtime_started_at: datetime | None
    restored_at: datetime | None
    handling: str | None
    maintenance_kind: str | None
    labour_hours: float | None
    waiting_hours: float | None
    repair_assumption: str | None
    not_recorded: list[str]
    verification: VerificationOut | None
    score: ScoreOut | None
    standing: str
    swap: SwapOut | None
    containment: ContainmentOut | None
    attachments: list[AttachmentOut]


class FailurePage(Output):
    items: list[FailureOut]
    next_cursor: str | None


class ChangeOut(Output):
    """One change of the record or of what belongs to it."""

    entered_at: datetime
    actor_name: str
    verb: str
    reason: str | None
    table: str
    changes: dict[str, Any]


class HistoryOut(Output):
    items: list[ChangeOut]


def attachment_out(kept: Attachment, number: str) -> AttachmentOut:
    url = url_for("failures_api.attachment", key=number, attachment=kept.id)
    return AttachmentOut(**_plain(kept, AttachmentOut, url=url))


def _plain(row: Any, shape: type[Output], **own: Any) -> dict[str, Any]:
    """The columns of ``row`` that ``shape`` shows under the same name, and what the caller gives."""
    return {name: getattr(row, name) for name in shape.model_fields if name not in own} | own


def _swap_out(swap: PartSwap | None) -> SwapOut | None:
    if swap is None:
        return None
    return SwapOut(
        part_out=swap.removal.installation.part.serial if swap.removal else None,
        part_in=swap.installation.part.serial if swap.installation else None,
        occurred_at=swap.occurred_at,
    )


def _containment_out(held: Containment | None) -> ContainmentOut | None:
    if held is None:
        return None
    return ContainmentOut(
        **_plain(held, ContainmentOut, quarantined=queries.quarantined(db(), actor(), held))
    )


def failure_out(failure: Failure) -> FailureOut:
    """The report as the API shows it; its facts are loaded beforehand (``queries.with_facts``)."""
    said, score, reading = current(failure.verifications), current(failure.scores), failure.usage_reading
    standing = scoring.classify(
        said.outcome if said else None, score.decision if score else None, failure.maintenance_kind
    )
    return FailureOut(
        **_plain(
            failure,
            FailureOut,
            site=failure.site.code,
            system=failure.system.serial,
            system_model=failure.system.system_model.code,
            part=failure.part.serial if failure.part else None,
            part_type=failure.part_type.number if failure.part_type else None,
            position=failure.position.code if failure.position else None,
            symptom_code=failure.symptom_code.code if failure.symptom_code else None,
            usage=ReadingOut(
                metric=reading.metric.code,
                value=reading.value,
                unit=reading.metric.unit,
                occurred_at=reading.occurred_at,
            )
            if reading
            else None,
            verification=VerificationOut(
                **_plain(said, VerificationOut, mode=said.mode.code if said.mode else None)
            )
            if said
            else None,
            score=ScoreOut(**_plain(score, ScoreOut)) if score else None,
            standing=standing.value,
            swap=_swap_out(current(failure.swaps)),
            containment=_containment_out(current(failure.containments)),
            attachments=[attachment_out(kept, failure.number) for kept in failure.attachments],
        )
    )


def present(failure: Failure) -> FailureOut:
    """One report, read anew with everything that was added to it."""
    return failure_out(queries.detail(db(), actor(), failure.id))


# A form for these starts from what the report says already; the meter stays as it was read unless it is given again.
AS_IT_STANDS = ("amend", "complete")
NOT_SHOWN_AGAIN = {"usage_value", "metric", "usage_read_at", "reason"}
KEYS = {
    "system": "serial",
    "part": "serial",
    "part_type": "number",
    "position": "code",
    "symptom_code": "code",
}


def prefill(verb: str, failure: Failure) -> dict[str, Any]:
    """What the form of a verb shows at first."""
    if verb == "score":
        score = queries.current_score(db(), failure.id)
        return {"answers": score.answers, "note": score.note} if score else {}
    if verb not in AS_IT_STANDS:
        return {}
    names = [
        name for name in VERBS[verb].model_fields if name not in NOT_SHOWN_AGAIN and hasattr(failure, name)
    ]
    values = {name: getattr(failure, name) for name in names}
    values |= {name: getattr(values[name], key) for name, key in KEYS.items() if values.get(name) is not None}
    if verb == "complete":
        values["downtime_started_at"] = values["downtime_started_at"] or failure.occurred_at
    return values


class FailureTable(VerbTable):
    """A scoring that was referred is done again before the failure is contained."""

    def next_verb(self, subject: Any) -> str | None:
        referred = gates.referred_refusal(db(), subject, actor()) is not None
        return "score" if subject.state is FailureState.SCORED and referred else super().next_verb(subject)


TABLE = FailureTable(
    kind="failure",
    machine=workflow.failure_machine,
    find=queries.failure,
    workflow=workflow,
    forms=VERBS,
    endpoint="failures.detail",
    present=present,
    zone=lambda failure: failure.site.time_zone,
    prefill=prefill,
    next_step=NEXT_STEP,
    context={"ladder": scoring.LADDER, "needed": NEEDED_TO_COMPLETE},
)


@api.get("/")
@needs("failure.read")
@api.output(FailurePage)
@takes(api, FailureQuery, "query", "query")
def index(query: FailureQuery) -> Any:
    """Failure reports, the latest failure first."""
    rows = queries.with_facts(query.select())
    found = page(db(), rows, Failure.occurred_at, key=Failure.id, cursor=query.cursor, limit=query.limit)
    return page_of(found, failure_out)


@api.post("/")
@api.output(FailureOut, status_code=201)
@takes(api, File)
@idempotent
def create(form: File) -> Any:
    """File a report. The same Idempotency-Key files it once."""
    filed = workflow.file(db(), actor(), source="api", **form.facts())
    location = url_for("failures_api.get", key=filed.number)
    return present(filed), 201, {"Location": location, "ETag": etag(filed)}


@api.get("/<key>")
@needs("failure.read")
@api.output(FailureOut)
def get(key: str) -> Any:
    """One report, by number or id."""
    failure = queries.detail(db(), actor(), key_of(key))
    return failure_out(failure), 200, {"ETag": etag(failure)}


@api.get("/<key>/history")
@needs("failure.read")
@api.output(HistoryOut)
def history(key: str) -> Any:
    """Who changed what, when and why, the latest first."""
    failure = queries.failure(db(), actor(), key_of(key))
    return {"items": [ChangeOut.model_validate(entry) for entry in history_of("failure", failure.id)]}


@api.post("/<key>/attachments")
@api.output(AttachmentOut, status_code=201)
def attach(key: str) -> Any:
    """Attach a JPEG, PNG, WebP, HEIC or PDF file: as form field `file`, or as the body itself with `?file_name=`."""
    failure = queries.failure(db(), actor(), key_of(key))
    sent = request.files.get("file")
    content = sent.read() if sent is not None else request.get_data()
    name = sent.filename if sent is not None else request.args.get("file_name")
    kept = workflow.attach(db(), actor(), failure, content=content, file_name=name)
    return attachment_out(kept, failure.number), 201


@api.get("/<key>/attachments/<uuid:attachment>")
@needs("failure.read")
def attachment(key: str, attachment: UUID) -> Response:
    """The bytes of an attachment."""
    return send(*queries.attachment(db(), actor(), queries.failure(db(), actor(), key_of(key)), attachment))


def send(kept: Attachment, content: bytes) -> Response:
    """A file as it was attached; only pictures are shown in the browser, the rest is saved."""
    answer = make_response(content)
    answer.content_type = kept.media_type
    answer.headers.set(
        "Content-Disposition",
        "inline" if kept.media_type in media.SHOWN_INLINE else "attachment",
        filename=kept.file_name,
    )
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


add_api(api, TABLE, FailureOut)
