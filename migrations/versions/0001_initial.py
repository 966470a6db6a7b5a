"""Every table of the first release"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None


# History is written once. The database itself refuses to change it, whoever asks.
TRIGGER = "CREATE TRIGGER history_entry_no_{verb} BEFORE {verb} ON history_entry "
REFUSAL = {
    "sqlite": "BEGIN SELECT RAISE(ABORT, 'history_entry is append-only'); END",
    "postgresql": "FOR EACH ROW EXECUTE FUNCTION history_entry_is_append_only()",
}
REFUSE = """CREATE FUNCTION history_entry_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'history_entry is append-only'; END $$"""


def make_history_append_only() -> None:
    dialect = op.get_bind().dialect.name
    if dialect == "postgresql":
        op.execute(REFUSE)
    for verb in ("update", "delete"):
        op.execute(TRIGGER.format(verb=verb) + REFUSAL[dialect])


def let_history_go() -> None:
    for verb in ("update", "delete"):
        on_table = " ON history_entry" if op.get_bind().dialect.name == "postgresql" else ""
        op.execute(f"DROP TRIGGER history_entry_no_{verb}{on_table}")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION history_entry_is_append_only()")


def upgrade() -> None:
    op.create_table(
        "history_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("subject_kind", sa.String(length=200), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("table", sa.String(length=200), nullable=False, comment="the table that changed"),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("verb", sa.String(length=200), nullable=False),
        sa.Column(
            "changes",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            nullable=False,
            comment="field -> [old, new]",
        ),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history_entry")),
    )
    with op.batch_alter_table("history_entry") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_history_entry_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(
            "ix_history_entry_subject", ["subject_kind", "subject_id", "entered_at"], unique=False
        )

    op.create_table(
        "idempotent_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column(
            "request_hash",
            sa.String(length=200),
            nullable=False,
            comment="SHA-256 of method, path and body: a key is for one request",
        ),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("location", sa.String(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotent_request")),
        sa.UniqueConstraint(
            "organisation_id",
            "user_id",
            "key",
            name=op.f("uq_idempotent_request_organisation_id_user_id_key"),
        ),
    )
    op.create_table(
        "job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=200), nullable=False),
        sa.Column("payload", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("run_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "leased_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="a worker holds it until then; after that it is lost",
        ),
        sa.Column(
            "finished_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="done, or given up where last_error says so",
        ),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    with op.batch_alter_table("job") as batch_op:
        batch_op.create_index("ix_job_waiting", ["finished_at", "run_after"], unique=False)

    op.create_table(
        "number_sequence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("prefix", sa.String(length=200), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False, comment="the number given out last"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_number_sequence")),
        sa.UniqueConstraint(
            "organisation_id", "prefix", "year", name=op.f("uq_number_sequence_organisation_id_prefix_year")
        ),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("code", name=op.f("uq_organisation_code")),
    )
    op.create_table(
        "outbox_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("recipient", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column(
            "body", sa.String(), nullable=False, comment="emptied once sent: it may hold a password link"
        ),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_message")),
    )
    with op.batch_alter_table("outbox_message") as batch_op:
        batch_op.create_index(batch_op.f("ix_outbox_message_sent_at"), ["sent_at"], unique=False)

    op.create_table(
        "customer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_customer_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
        sa.UniqueConstraint("organisation_id", "code", name=op.f("uq_customer_organisation_id_code")),
    )
    with op.batch_alter_table("customer") as batch_op:
        batch_op.create_index(batch_op.f("ix_customer_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "failure_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "symptom",
                "mode",
                "mechanism",
                "cause",
                name="codekind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("code", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=True, comment="Simplified Chinese"),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column(
            "is_flagged",
            sa.Boolean(),
            nullable=False,
            comment="created by an import that met an unknown code",
        ),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_failure_code_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failure_code")),
        sa.UniqueConstraint(
            "organisation_id", "kind", "code", name=op.f("uq_failure_code_organisation_id_kind_code")
        ),
    )
    with op.batch_alter_table("failure_code") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_failure_code_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "role_permission",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "field_engineer",
                "service_station",
                "quality",
                "reliability_engineer",
                "approver",
                "manager",
                "customer",
                "administrator",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("permission", sa.String(length=200), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_role_permission_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_permission")),
        sa.UniqueConstraint(
            "organisation_id",
            "role",
            "permission",
            name=op.f("uq_role_permission_organisation_id_role_permission"),
        ),
    )
    with op.batch_alter_table("role_permission") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_role_permission_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "site",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "time_zone", sa.String(length=200), nullable=False, comment="IANA name, such as Asia/Shanghai"
        ),
        sa.Column("is_service_point", sa.Boolean(), nullable=False, comment="repairs and swaps parts"),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_site_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
        sa.UniqueConstraint("organisation_id", "code", name=op.f("uq_site_organisation_id_code")),
    )
    with op.batch_alter_table("site") as batch_op:
        batch_op.create_index(batch_op.f("ix_site_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "supplier",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_supplier_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier")),
        sa.UniqueConstraint("organisation_id", "code", name=op.f("uq_supplier_organisation_id_code")),
    )
    with op.batch_alter_table("supplier") as batch_op:
        batch_op.create_index(batch_op.f("ix_supplier_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "system_model",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_system_model_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_system_model")),
        sa.UniqueConstraint("organisation_id", "code", name=op.f("uq_system_model_organisation_id_code")),
    )
    with op.batch_alter_table("system_model") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_system_model_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "usage_metric",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "unit",
            sa.String(length=200),
            nullable=False,
            comment="short unit shown after numbers: h, km, cycles",
        ),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_usage_metric_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_metric")),
        sa.UniqueConstraint("organisation_id", "code", name=op.f("uq_usage_metric_organisation_id_code")),
    )
    with op.batch_alter_table("usage_metric") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_usage_metric_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "part_type",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("is_repairable", sa.Boolean(), nullable=False),
        sa.Column(
            "repair_assumption",
            sa.Enum(
                "as_new",
                "as_old",
                name="repairassumption",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
            comment="default; a failure may say otherwise",
        ),
        sa.Column(
            "primary_metric_id",
            sa.Uuid(),
            nullable=True,
            comment="the metric its life is shown in first; none: calendar days",
        ),
        sa.Column("lead_time_days", sa.Double(), nullable=True, comment="from order to shelf, days"),
        sa.Column(
            "unit_cost",
            sa.Numeric(precision=14, scale=2, asdecimal=False),
            nullable=True,
            comment="in `currency`",
        ),
        sa.Column("currency", sa.String(length=200), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=True),
        sa.Column(
            "is_flagged",
            sa.Boolean(),
            nullable=False,
            comment="created by an import that met an unknown number",
        ),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="raised by every change; the ETag of the record"
        ),
        sa.CheckConstraint("lead_time_days >= 0", name=op.f("ck_part_type_lead_time")),
        sa.CheckConstraint("unit_cost >= 0", name=op.f("ck_part_type_unit_cost")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_part_type_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["primary_metric_id"], ["usage_metric.id"], name=op.f("fk_part_type_primary_metric_id")
        ),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_part_type_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part_type")),
        sa.UniqueConstraint("organisation_id", "number", name=op.f("uq_part_type_organisation_id_number")),
    )
    with op.batch_alter_table("part_type") as batch_op:
        batch_op.create_index(batch_op.f("ix_part_type_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "system",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("serial", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("system_model_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column(
            "configuration", sa.String(length=200), nullable=True, comment="hardware and software version now"
        ),
        sa.Column(
            "is_flagged",
            sa.Boolean(),
            nullable=False,
            comment="created by an import that met an unknown system",
        ),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="raised by every change; the ETag of the record"
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_system_customer_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_system_organisation_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_system_site_id")),
        sa.ForeignKeyConstraint(
            ["system_model_id"], ["system_model.id"], name=op.f("fk_system_system_model_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_system")),
        sa.UniqueConstraint("organisation_id", "serial", name=op.f("uq_system_organisation_id_serial")),
    )
    with op.batch_alter_table("system") as batch_op:
        batch_op.create_index(batch_op.f("ix_system_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_system_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_system_site_id"), ["site_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_system_system_model_id"), ["system_model_id"], unique=False)

    op.create_table(
        "user",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=False, comment="lower case; the sign-in name"),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "password_hash", sa.String(), nullable=True, comment="argon2id; none until a link was used"
        ),
        sa.Column(
            "password_changed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="on the timeline in place of the hash",
        ),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("locale", sa.String(length=200), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="raised by every change; the ETag of the record"
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_user_customer_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_user_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("email", name=op.f("uq_user_email")),
    )
    with op.batch_alter_table("user") as batch_op:
        batch_op.create_index(batch_op.f("ix_user_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "api_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("token_hash", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_api_token_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    with op.batch_alter_table("api_token") as batch_op:
        batch_op.create_index(batch_op.f("ix_api_token_user_id"), ["user_id"], unique=False)

    op.create_table(
        "part",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("serial", sa.String(length=200), nullable=False),
        sa.Column("part_type_id", sa.Uuid(), nullable=False),
        sa.Column("lot", sa.String(length=200), nullable=True, comment="batch"),
        sa.Column("supplier_id", sa.Uuid(), nullable=True),
        sa.Column(
            "site_id", sa.Uuid(), nullable=False, comment="where it is: its system's site, or the shelf"
        ),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("manufactured_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_flagged", sa.Boolean(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="raised by every change; the ETag of the record"
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_part_customer_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_part_organisation_id")
        ),
        sa.ForeignKeyConstraint(["part_type_id"], ["part_type.id"], name=op.f("fk_part_part_type_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_part_site_id")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_part_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part")),
        sa.UniqueConstraint(
            "organisation_id",
            "part_type_id",
            "serial",
            name=op.f("uq_part_organisation_id_part_type_id_serial"),
        ),
    )
    with op.batch_alter_table("part") as batch_op:
        batch_op.create_index(batch_op.f("ix_part_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_part_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_part_part_type_id"), ["part_type_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_part_serial"), ["serial"], unique=False)
        batch_op.create_index(batch_op.f("ix_part_site_id"), ["site_id"], unique=False)

    op.create_table(
        "password_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=200), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_password_link_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_password_link_token_hash")),
    )
    with op.batch_alter_table("password_link") as batch_op:
        batch_op.create_index(batch_op.f("ix_password_link_user_id"), ["user_id"], unique=False)

    op.create_table(
        "position",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("system_model_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True, comment="next higher assembly"),
        sa.Column("code", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("part_type_id", sa.Uuid(), nullable=True, comment="what fits; none: anything"),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_position_organisation_id")
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["position.id"], name=op.f("fk_position_parent_id")),
        sa.ForeignKeyConstraint(["part_type_id"], ["part_type.id"], name=op.f("fk_position_part_type_id")),
        sa.ForeignKeyConstraint(
            ["system_model_id"], ["system_model.id"], name=op.f("fk_position_system_model_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_position")),
        sa.UniqueConstraint("system_model_id", "code", name=op.f("uq_position_system_model_id_code")),
    )
    with op.batch_alter_table("position") as batch_op:
        batch_op.create_index(batch_op.f("ix_position_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_position_system_model_id"), ["system_model_id"], unique=False)

    op.create_table(
        "problem",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=200), nullable=False, comment="PR-2026-00007"),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "analysed",
                "decided",
                "spread",
                "closed",
                "closed_unverified",
                "closed_elsewhere",
                name="problemstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("part_type_id", sa.Uuid(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("external_id", sa.String(length=200), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_reason", sa.String(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="raised by every change; the ETag of the record"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_problem_organisation_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name=op.f("fk_problem_owner_id")),
        sa.ForeignKeyConstraint(["part_type_id"], ["part_type.id"], name=op.f("fk_problem_part_type_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problem")),
        sa.UniqueConstraint(
            "organisation_id", "external_id", name=op.f("uq_problem_organisation_id_external_id")
        ),
        sa.UniqueConstraint("organisation_id", "number", name=op.f("uq_problem_organisation_id_number")),
    )
    with op.batch_alter_table("problem") as batch_op:
        batch_op.create_index(batch_op.f("ix_problem_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_problem_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_problem_part_type_id"), ["part_type_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_problem_state"), ["state"], unique=False)

    op.create_table(
        "service_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("system_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "commissioned",
                "observed_from",
                "observed_until",
                "retired",
                name="serviceeventkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "basis",
            sa.String(),
            nullable=True,
            comment="why: the reason of a retirement, how a window was chosen",
        ),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False, comment="when it happened, UTC"),
        sa.Column(
            "entered_at", sa.DateTime(timezone=True), nullable=False, comment="when it was entered, UTC"
        ),
        sa.Column(
            "retracted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when a correction replaced it, UTC",
        ),
        sa.Column(
            "entered_by", sa.Uuid(), nullable=True, comment="user id; plain, as history outlives people"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_service_event_organisation_id")
        ),
        sa.ForeignKeyConstraint(["system_id"], ["system.id"], name=op.f("fk_service_event_system_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_event")),
    )
    with op.batch_alter_table("service_event") as batch_op:
        batch_op.create_index(batch_op.f("ix_service_event_occurred_at"), ["occurred_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_service_event_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_service_event_system_id"), ["system_id"], unique=False)

    op.create_table(
        "sign_in_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column(
            "token_hash", sa.String(length=200), nullable=False, comment="SHA-256 of the cookie's secret"
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "device",
            sa.String(length=200),
            nullable=True,
            comment="browser name, so that a person knows which to end",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_sign_in_session_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_session_token_hash")),
    )
    with op.batch_alter_table("sign_in_session") as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_session_user_id"), ["user_id"], unique=False)

    op.create_table(
        "user_role",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "field_engineer",
                "service_station",
                "quality",
                "reliability_engineer",
                "approver",
                "manager",
                "customer",
                "administrator",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_user_role_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_role")),
        sa.UniqueConstraint("user_id", "role", name=op.f("uq_user_role_user_id_role")),
    )
    with op.batch_alter_table("user_role") as batch_op:
        batch_op.create_index(batch_op.f("ix_user_role_user_id"), ["user_id"], unique=False)

    op.create_table(
        "user_site",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_user_site_site_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_user_site_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_site")),
        sa.UniqueConstraint("user_id", "site_id", name=op.f("uq_user_site_user_id_site_id")),
    )
    with op.batch_alter_table("user_site") as batch_op:
        batch_op.create_index(batch_op.f("ix_user_site_user_id"), ["user_id"], unique=False)

    op.create_table(
        "analysis",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("problem_id", sa.Uuid(), nullable=False),
        sa.Column("mode_id", sa.Uuid(), nullable=False),
        sa.Column("mechanism_id", sa.Uuid(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column(
            "cause_class",
            sa.Enum(
                "primary",
                "secondary",
                name="causeclass",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("method", sa.String(), nullable=False, comment="5-why, fault tree, tear-down, ..."),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False, comment="when it happened, UTC"),
        sa.Column(
            "entered_at", sa.DateTime(timezone=True), nullable=False, comment="when it was entered, UTC"
        ),
        sa.Column(
            "retracted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when a correction replaced it, UTC",
        ),
        sa.Column(
            "entered_by", sa.Uuid(), nullable=True, comment="user id; plain, as history outlives people"
        ),
        sa.ForeignKeyConstraint(["cause_id"], ["failure_code.id"], name=op.f("fk_analysis_cause_id")),
        sa.ForeignKeyConstraint(["mechanism_id"], ["failure_code.id"], name=op.f("fk_analysis_mechanism_id")),
        sa.ForeignKeyConstraint(["mode_id"], ["failure_code.id"], name=op.f("fk_analysis_mode_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_analysis_organisation_id")
        ),
        sa.ForeignKeyConstraint(["problem_id"], ["problem.id"], name=op.f("fk_analysis_problem_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_analysis")),
    )
    with op.batch_alter_table("analysis") as batch_op:
        batch_op.create_index(batch_op.f("ix_analysis_occurred_at"), ["occurred_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_analysis_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_analysis_problem_id"), ["problem_id"], unique=False)

    op.create_table(
        "board_decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("problem_id", sa.Uuid(), nullable=False),
        sa.Column("members", sa.String(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("dissent", sa.String(), nullable=True),
        sa.Column("residual_risk", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False, comment="when it happened, UTC"),
        sa.Column(
            "entered_at", sa.DateTime(timezone=True), nullable=False, comment="when it was entered, UTC"
        ),
        sa.Column(
            "retracted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when a correction replaced it, UTC",
        ),
        sa.Column(
            "entered_by", sa.Uuid(), nullable=True, comment="user id; plain, as history outlives people"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_board_decision_organisation_id")
        ),
        sa.ForeignKeyConstraint(["problem_id"], ["problem.id"], name=op.f("fk_board_decision_problem_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_board_decision")),
    )
    with op.batch_alter_table("board_decision") as batch_op:
        batch_op.create_index(batch_op.f("ix_board_decision_occurred_at"), ["occurred_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_board_decision_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_board_decision_problem_id"), ["problem_id"], unique=False)

    op.create_table(
        "installation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("system_id", sa.Uuid(), nullable=False),
        sa.Column("position_id", sa.Uuid(), nullable=False),
        sa.Column(
            "installed_as",
            sa.Enum(
                "new",
                "age_stated",
                "age_unknown",
                "continued",
                name="installedas",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "age_at_install",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            nullable=False,
            comment="metric code -> age in that metric's unit; `calendar` in days; when age_stated",
        ),
        sa.Column("external_id", sa.String(length=200), nullable=True),
        sa.Column(
            "replaces_id",
            sa.Uuid(),
            nullable=True,
            comment="the fact that this one corrects; links to that one mean this one",
        ),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False, comment="when it happened, UTC"),
        sa.Column(
            "entered_at", sa.DateTime(timezone=True), nullable=False, comment="when it was entered, UTC"
        ),
        sa.Column(
            "retracted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when a correction replaced it, UTC",
        ),
        sa.Column(
            "entered_by", sa.Uuid(), nullable=True, comment="user id; plain, as history outlives people"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_installation_organisation_id")
        ),
        sa.ForeignKeyConstraint(["part_id"], ["part.id"], name=op.f("fk_installation_part_id")),
        sa.ForeignKeyConstraint(["position_id"], ["position.id"], name=op.f("fk_installation_position_id")),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["installation.id"], name=op.f("fk_installation_replaces_id")
        ),
        sa.ForeignKeyConstraint(["system_id"], ["system.id"], name=op.f("fk_installation_system_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
    with op.batch_alter_table("installation") as batch_op:
        batch_op.create_index(batch_op.f("ix_installation_external_id"), ["external_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_installation_occurred_at"), ["occurred_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_installation_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_installation_part_id"), ["part_id"], unique=False)
        batch_op.create_index("ix_installation_place", ["system_id", "position_id"], unique=False)

    op.create_table(
        "like_item_review",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("problem_id", sa.Uuid(), nullable=False),
        sa.Column(
            "place",
            sa.Enum(
                "failed_unit",
                "installed_units",
                "stock",
                "test_units",
                "work_in_progress",
                "design_data",
                "process_data",
                "mating_equipment",
                name="place",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("is_affected", sa.Boolean(), nullable=False),
        sa.Column(
            "note",
            sa.String(),
            nullable=False,
            comment="what was reviewed, or why it does not apply; documents changed",
        ),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False, comment="when it happened, UTC"),
        sa.Column(
            "entered_at", sa.DateTime(timezone=True), nullable=False, comment="when it was entered, UTC"
        ),
        sa.Column(
            "retracted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when a correction replaced it, UTC",
        ),
        sa.Column(
            "entered_by", sa.Uuid(), nullable=True, comment="user id; plain, as history outlives people"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_like_item_review_organisation_id")
        ),
        sa.ForeignKeyConstraint(["problem_id"], ["problem.id"], name=op.f("fk_like_item_review_problem_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_like_item_review")),
    )
    with op.batch_alter_table("like_item_review") as batch_op:
        batch_op.create_index(batch_op.f("ix_like_item_review_occurred_at"), ["occurred_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_like_item_review_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_like_item_review_problem_id"), ["problem_id"], unique=False)

    op.create_table(
        "part_condition",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column(
            "condition",
            sa.Enum(
                "serviceable",
                "unserviceable",
                "quarantined",
                "retired",
                name="condition",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "basis", sa.String(), nullable=True, comment="why: reason of retirement, order of quarantine"
        ),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False, comment="when it happened, UTC"),
        sa.Column(
            "entered_at", sa.DateTime(timezone=True), nullable=False, comment="when it was entered, UTC"
        ),
        sa.Column(
            "retracted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when a correction replaced it, UTC",
        ),
        sa.Column(
            "entered_by", sa.Uuid(), nullable=True, comment="user id; plain, as history outlives people"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_part_condition_organisation_id")
        ),
        sa.ForeignKeyConstraint(["part_id"], ["part.id"], name=op.f("fk_part_condition_part_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part_condition")),
    )
    with op.batch_alter_table("part_condition") as batch_op:
        batch_op.create_index(batch_op.f("ix_part_condition_occurred_at"), ["occurred_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_part_condition_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_part_condition_part_id"), ["part_id"], unique=False)

    op.create_table(
        "usage_reading",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("system_id", sa.Uuid(), nullable=True),
        sa.Column("part_id", sa.Uuid(), nullable=True),
        sa.Column("metric_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "reading",
                "meter_replaced",
                name="readingkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "value",
            sa.Double(),
            nullable=False,
            comment="in the metric's unit; for meter_replaced: the old meter's last value",
        ),
        sa.Column(
            "restarts_at",
            sa.Double(),
            nullable=True,
            comment="the new meter's first value, for meter_replaced",
        ),
        sa.Column("external_id", sa.String(length=200), nullable=True),
        sa.Column(
            "replaces_id",
            sa.Uuid(),
            nullable=True,
            comment="the fact that this one corrects; links to that one mean this one",
        ),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False, comment="when it happened, UTC"),
        sa.Column(
            "entered_at", sa.DateTime(timezone=True), nullable=False, comment="when it was entered, UTC"
        ),
        sa.Column(
            "retracted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when a correction replaced it, UTC",
        ),
        sa.Column(
            "entered_by", sa.Uuid(), nullable=True, comment="user id; plain, as history outlives people"
        ),
        sa.CheckConstraint(
            "(system_id IS NULL) <> (part_id IS NULL)", name=op.f("ck_usage_reading_one_bearer")
        ),
        sa.CheckConstraint("value >= 0", name=op.f("ck_usage_reading_value_not_negative")),
        sa.ForeignKeyConstraint(["metric_id"], ["usage_metric.id"], name=op.f("fk_usage_reading_metric_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_usage_reading_organisation_id")
        ),
        sa.ForeignKeyConstraint(["part_id"], ["part.id"], name=op.f("fk_usage_reading_part_id")),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["usage_reading.id"], name=op.f("fk_usage_reading_replaces_id")
        ),
        sa.ForeignKeyConstraint(["system_id"], ["system.id"], name=op.f("fk_usage_reading_system_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_reading")),
    )
    with op.batch_alter_table("usage_reading") as batch_op:
        batch_op.create_index(batch_op.f("ix_usage_reading_external_id"), ["external_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_usage_reading_occurred_at"), ["occurred_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_usage_reading_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index("ix_usage_reading_part", ["part_id", "metric_id", "occurred_at"], unique=False)
        batch_op.create_index(
            "ix_usage_reading_system", ["system_id", "metric_id", "occurred_at"], unique=False
        )

    op.create_table(
        "failure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=200), nullable=False, comment="FR-2026-00042"),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "reported",
                "completed",
                "verified",
                "scored",
                "contained",
                "closed",
                "closed_elsewhere",
                name="failurestate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False, comment="where it happened"),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("reporter_id", sa.Uuid(), nullable=True),
        sa.Column("reporter_name", sa.String(length=200), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "external_id",
            sa.String(length=200),
            nullable=True,
            comment="the number it has in the system it came from",
        ),
        sa.Column("source", sa.String(length=200), nullable=False, comment="page, api, import, demo"),
        sa.Column(
            "extra",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            nullable=False,
            comment="columns of an import that have no field",
        ),
        sa.Column(
            "close_as",
            sa.Enum(
                "problem_closed",
                "no_fault_found",
                "duplicate",
                "no_further_action",
                "elsewhere",
                name="closeas",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False, comment="when it failed, UTC"),
        sa.Column(
            "detected_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when it was found, UTC; none: as it occurred",
        ),
        sa.Column(
            "last_known_good_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="for a failure found later: when it was last seen to work, UTC; the life is interval-censored",
        ),
        sa.Column(
            "configuration",
            sa.String(length=200),
            nullable=True,
            comment="configuration and software version at failure",
        ),
        sa.Column("usage_not_read_reason", sa.String(), nullable=True),
        sa.Column(
            "life_cycle_phase",
            sa.Enum(
                "receiving",
                "installation",
                "test",
                "warranty",
                "service",
                "storage",
                name="lifecyclephase",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("environment", sa.String(length=200), nullable=True),
        sa.Column("operating_state", sa.String(length=200), nullable=True),
        sa.Column("location", sa.String(length=200), nullable=True, comment="where: route, line, kilometre"),
        sa.Column("symptom", sa.String(), nullable=False, comment="in the reporter's own words"),
        sa.Column(
            "detection_method",
            sa.Enum(
                "in_service",
                "inspection",
                "scheduled_maintenance",
                "monitoring",
                "test",
                "customer",
                name="detectionmethod",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "effect_on_function",
            sa.Enum(
                "none",
                "minor",
                "major",
                "critical",
                name="effect_on_function",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "effect_on_safety",
            sa.Enum(
                "none",
                "minor",
                "major",
                "critical",
                name="effect_on_safety",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "effect_on_mission",
            sa.Enum(
                "none",
                "minor",
                "major",
                "critical",
                name="effect_on_mission",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("delay_minutes", sa.Double(), nullable=True, comment="delay to service, minutes"),
        sa.Column("downtime_started_at", sa.DateTime(timezone=True), nullable=True, comment="UTC"),
        sa.Column("restored_at", sa.DateTime(timezone=True), nullable=True, comment="end of downtime, UTC"),
        sa.Column("handling", sa.String(), nullable=True, comment="what was done, in words"),
        sa.Column(
            "maintenance_kind",
            sa.Enum(
                "repair",
                "replace",
                "adjust",
                "remove",
                "none",
                "preventive",
                name="maintenancekind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("labour_hours", sa.Double(), nullable=True),
        sa.Column("waiting_hours", sa.Double(), nullable=True),
        sa.Column(
            "repair_assumption",
            sa.Enum(
                "as_new",
                "as_old",
                name="repairassumption",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
            comment="as new / as old, chosen for this repair; none: the part type's default",
        ),
        sa.Column(
            "not_recorded",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            nullable=False,
            comment="fields not recorded at source",
        ),
        sa.Column("system_id", sa.Uuid(), nullable=False),
        sa.Column("part_type_id", sa.Uuid(), nullable=True),
        sa.Column("part_id", sa.Uuid(), nullable=True),
        sa.Column("position_id", sa.Uuid(), nullable=True),
        sa.Column("symptom_code_id", sa.Uuid(), nullable=True),
        sa.Column("usage_reading_id", sa.Uuid(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="raised by every change; the ETag of the record"
        ),
        sa.CheckConstraint("delay_minutes >= 0", name=op.f("ck_failure_delay_minutes")),
        sa.CheckConstraint("labour_hours >= 0", name=op.f("ck_failure_labour_hours")),
        sa.CheckConstraint("waiting_hours >= 0", name=op.f("ck_failure_waiting_hours")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_failure_customer_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_failure_organisation_id")
        ),
        sa.ForeignKeyConstraint(["part_id"], ["part.id"], name=op.f("fk_failure_part_id")),
        sa.ForeignKeyConstraint(["part_type_id"], ["part_type.id"], name=op.f("fk_failure_part_type_id")),
        sa.ForeignKeyConstraint(["position_id"], ["position.id"], name=op.f("fk_failure_position_id")),
        sa.ForeignKeyConstraint(["reporter_id"], ["user.id"], name=op.f("fk_failure_reporter_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_failure_site_id")),
        sa.ForeignKeyConstraint(
            ["symptom_code_id"], ["failure_code.id"], name=op.f("fk_failure_symptom_code_id")
        ),
        sa.ForeignKeyConstraint(["system_id"], ["system.id"], name=op.f("fk_failure_system_id")),
        sa.ForeignKeyConstraint(
            ["usage_reading_id"], ["usage_reading.id"], name=op.f("fk_failure_usage_reading_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failure")),
        sa.UniqueConstraint(
            "organisation_id", "external_id", name=op.f("uq_failure_organisation_id_external_id")
        ),
        sa.UniqueConstraint("organisation_id", "number", name=op.f("uq_failure_organisation_id_number")),
    )
    with op.batch_alter_table("failure") as batch_op:
        batch_op.create_index(batch_op.f("ix_failure_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index("ix_failure_list", ["organisation_id", "occurred_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_failure_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_failure_part_id"), ["part_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_failure_part_type_id"), ["part_type_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_failure_site_id"), ["site_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_failure_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_failure_system_id"), ["system_id"], unique=False)

    op.create_table(
        "removal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("installation_id", sa.Uuid(), nullable=False),
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column(
            "cause",
            sa.Enum(
                "failure",
                "preventive",
                "move",
                "cannibalised",
                "upgrade",
                "retirement",
                "other",
                name="removalcause",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column(
            "replaces_id",
            sa.Uuid(),
            nullable=True,
            comment="the fact that this one corrects; links to that one mean this one",
        ),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False, comment="when it happened, UTC"),
        sa.Column(
            "entered_at", sa.DateTime(timezone=True), nullable=False, comment="when it was entered, UTC"
        ),
        sa.Column(
            "retracted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when a correction replaced it, UTC",
        ),
        sa.Column(
            "entered_by", sa.Uuid(), nullable=True, comment="user id; plain, as history outlives people"
        ),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name=op.f("fk_removal_installation_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_removal_organisation_id")
        ),
        sa.ForeignKeyConstraint(["part_id"], ["part.id"], name=op.f("fk_removal_part_id")),
        sa.ForeignKeyConstraint(["replaces_id"], ["removal.id"], name=op.f("fk_removal_replaces_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_removal")),
    )
    with op.batch_alter_table("removal") as batch_op:
        batch_op.create_index(batch_op.f("ix_removal_installation_id"), ["installation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_removal_occurred_at"), ["occurred_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_removal_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_removal_part_id"), ["part_id"], unique=False)

    op.create_table(
        "action",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=200), nullable=False, comment="CA-2026-00003"),
        sa.Column(
            "action_type",
            sa.Enum(
                "containment",
                "corrective",
                "preventive",
                name="actiontype",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "planned",
                "in_progress",
                "completed",
                "verified",
                "cancelled",
                "closed_elsewhere",
                name="actionstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("problem_id", sa.Uuid(), nullable=True),
        sa.Column("failure_id", sa.Uuid(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("effective_from_serial", sa.String(length=200), nullable=True),
        sa.Column("effective_from_lot", sa.String(length=200), nullable=True),
        sa.Column("effective_from_at", sa.DateTime(timezone=True), nullable=True, comment="UTC"),
        sa.Column(
            "evidence",
            sa.String(),
            nullable=True,
            comment="that it was done: document, drawing, photo number",
        ),
        sa.Column("external_id", sa.String(length=200), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="raised by every change; the ETag of the record"
        ),
        sa.CheckConstraint(
            "problem_id IS NOT NULL OR failure_id IS NOT NULL", name=op.f("ck_action_has_an_origin")
        ),
        sa.ForeignKeyConstraint(["failure_id"], ["failure.id"], name=op.f("fk_action_failure_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_action_organisation_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name=op.f("fk_action_owner_id")),
        sa.ForeignKeyConstraint(["problem_id"], ["problem.id"], name=op.f("fk_action_problem_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action")),
        sa.UniqueConstraint(
            "organisation_id", "external_id", name=op.f("uq_action_organisation_id_external_id")
        ),
        sa.UniqueConstraint("organisation_id", "number", name=op.f("uq_action_organisation_id_number")),
    )
    with op.batch_alter_table("action") as batch_op:
        batch_op.create_index(batch_op.f("ix_action_failure_id"), ["failure_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_action_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_action_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_action_problem_id"), ["problem_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_action_state"), ["state"], unique=False)

    op.create_table(
        "attachment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("failure_id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=200), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=200), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["failure_id"], ["failure.id"], name=op.f("fk_attachment_failure_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_attachment_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    with op.batch_alter_table("attachment") as batch_op:
        batch_op.create_index(batch_op.f("ix_attachment_failure_id"), ["failure_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_attachment_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "containment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("failure_id", sa.Uuid(), nullable=False),
        sa.Column("is_needed", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column(
            "part_ids",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            nullable=False,
            comment="serials put into quarantine",
        ),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False, comment="when it happened, UTC"),
        sa.Column(
            "entered_at", sa.DateTime(timezone=True), nullable=False, comment="when it was entered, UTC"
        ),
        sa.Column(
            "retracted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when a correction replaced it, UTC",
        ),
        sa.Column(
            "entered_by", sa.Uuid(), nullable=True, comment="user id; plain, as history outlives people"
        ),
        sa.ForeignKeyConstraint(["failure_id"], ["failure.id"], name=op.f("fk_containment_failure_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_containment_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_containment")),
    )
    with op.batch_alter_table("containment") as batch_op:
        batch_op.create_index(batch_op.f("ix_containment_failure_id"), ["failure_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_containment_occurred_at"), ["occurred_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_containment_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "failure_revision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("failure_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False, comment="when it failed, UTC"),
        sa.Column(
            "detected_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when it was found, UTC; none: as it occurred",
        ),
        sa.Column(
            "last_known_good_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="for a failure found later: when it was last seen to work, UTC; the life is interval-censored",
        ),
        sa.Column(
            "configuration",
            sa.String(length=200),
            nullable=True,
            comment="configuration and software version at failure",
        ),
        sa.Column("usage_not_read_reason", sa.String(), nullable=True),
        sa.Column(
            "life_cycle_phase",
            sa.Enum(
                "receiving",
                "installation",
                "test",
                "warranty",
                "service",
                "storage",
                name="lifecyclephase",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("environment", sa.String(length=200), nullable=True),
        sa.Column("operating_state", sa.String(length=200), nullable=True),
        sa.Column("location", sa.String(length=200), nullable=True, comment="where: route, line, kilometre"),
        sa.Column("symptom", sa.String(), nullable=False, comment="in the reporter's own words"),
        sa.Column(
            "detection_method",
            sa.Enum(
                "in_service",
                "inspection",
                "scheduled_maintenance",
                "monitoring",
                "test",
                "customer",
                name="detectionmethod",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "effect_on_function",
            sa.Enum(
                "none",
                "minor",
                "major",
                "critical",
                name="effect_on_function",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "effect_on_safety",
            sa.Enum(
                "none",
                "minor",
                "major",
                "critical",
                name="effect_on_safety",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "effect_on_mission",
            sa.Enum(
                "none",
                "minor",
                "major",
                "critical",
                name="effect_on_mission",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("delay_minutes", sa.Double(), nullable=True, comment="delay to service, minutes"),
        sa.Column("downtime_started_at", sa.DateTime(timezone=True), nullable=True, comment="UTC"),
        sa.Column("restored_at", sa.DateTime(timezone=True), nullable=True, comment="end of downtime, UTC"),
        sa.Column("handling", sa.String(), nullable=True, comment="what was done, in words"),
        sa.Column(
            "maintenance_kind",
            sa.Enum(
                "repair",
                "replace",
                "adjust",
                "remove",
                "none",
                "preventive",
                name="maintenancekind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("labour_hours", sa.Double(), nullable=True),
        sa.Column("waiting_hours", sa.Double(), nullable=True),
        sa.Column(
            "repair_assumption",
            sa.Enum(
                "as_new",
                "as_old",
                name="repairassumption",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
            comment="as new / as old, chosen for this repair; none: the part type's default",
        ),
        sa.Column(
            "not_recorded",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            nullable=False,
            comment="fields not recorded at source",
        ),
        sa.Column("system_id", sa.Uuid(), nullable=False),
        sa.Column("part_type_id", sa.Uuid(), nullable=True),
        sa.Column("part_id", sa.Uuid(), nullable=True),
        sa.Column("position_id", sa.Uuid(), nullable=True),
        sa.Column("symptom_code_id", sa.Uuid(), nullable=True),
        sa.Column("usage_reading_id", sa.Uuid(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["failure_id"], ["failure.id"], name=op.f("fk_failure_revision_failure_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_failure_revision_organisation_id")
        ),
        sa.ForeignKeyConstraint(["part_id"], ["part.id"], name=op.f("fk_failure_revision_part_id")),
        sa.ForeignKeyConstraint(
            ["part_type_id"], ["part_type.id"], name=op.f("fk_failure_revision_part_type_id")
        ),
        sa.ForeignKeyConstraint(
            ["position_id"], ["position.id"], name=op.f("fk_failure_revision_position_id")
        ),
        sa.ForeignKeyConstraint(
            ["symptom_code_id"], ["failure_code.id"], name=op.f("fk_failure_revision_symptom_code_id")
        ),
        sa.ForeignKeyConstraint(["system_id"], ["system.id"], name=op.f("fk_failure_revision_system_id")),
        sa.ForeignKeyConstraint(
            ["usage_reading_id"], ["usage_reading.id"], name=op.f("fk_failure_revision_usage_reading_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failure_revision")),
        sa.UniqueConstraint("failure_id", "revision", name=op.f("uq_failure_revision_failure_id_revision")),
    )
    with op.batch_alter_table("failure_revision") as batch_op:
        batch_op.create_index(batch_op.f("ix_failure_revision_failure_id"), ["failure_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_failure_revision_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_failure_revision_part_id"), ["part_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_failure_revision_part_type_id"), ["part_type_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_failure_revision_system_id"), ["system_id"], unique=False)

    op.create_table(
        "part_swap",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("failure_id", sa.Uuid(), nullable=False),
        sa.Column("removal_id", sa.Uuid(), nullable=True),
        sa.Column("installation_id", sa.Uuid(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False, comment="when it happened, UTC"),
        sa.Column(
            "entered_at", sa.DateTime(timezone=True), nullable=False, comment="when it was entered, UTC"
        ),
        sa.Column(
            "retracted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when a correction replaced it, UTC",
        ),
        sa.Column(
            "entered_by", sa.Uuid(), nullable=True, comment="user id; plain, as history outlives people"
        ),
        sa.ForeignKeyConstraint(["failure_id"], ["failure.id"], name=op.f("fk_part_swap_failure_id")),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installation.id"], name=op.f("fk_part_swap_installation_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_part_swap_organisation_id")
        ),
        sa.ForeignKeyConstraint(["removal_id"], ["removal.id"], name=op.f("fk_part_swap_removal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part_swap")),
    )
    with op.batch_alter_table("part_swap") as batch_op:
        batch_op.create_index(batch_op.f("ix_part_swap_failure_id"), ["failure_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_part_swap_installation_id"), ["installation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_part_swap_occurred_at"), ["occurred_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_part_swap_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_part_swap_removal_id"), ["removal_id"], unique=False)

    op.create_table(
        "problem_failure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("problem_id", sa.Uuid(), nullable=False),
        sa.Column("failure_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False, comment="when it happened, UTC"),
        sa.Column(
            "entered_at", sa.DateTime(timezone=True), nullable=False, comment="when it was entered, UTC"
        ),
        sa.Column(
            "retracted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when a correction replaced it, UTC",
        ),
        sa.Column(
            "entered_by", sa.Uuid(), nullable=True, comment="user id; plain, as history outlives people"
        ),
        sa.ForeignKeyConstraint(["failure_id"], ["failure.id"], name=op.f("fk_problem_failure_failure_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_problem_failure_organisation_id")
        ),
        sa.ForeignKeyConstraint(["problem_id"], ["problem.id"], name=op.f("fk_problem_failure_problem_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problem_failure")),
    )
    with op.batch_alter_table("problem_failure") as batch_op:
        batch_op.create_index(batch_op.f("ix_problem_failure_failure_id"), ["failure_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_problem_failure_occurred_at"), ["occurred_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_problem_failure_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_problem_failure_problem_id"), ["problem_id"], unique=False)

    op.create_table(
        "score",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("failure_id", sa.Uuid(), nullable=False),
        sa.Column(
            "answers",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            nullable=False,
            comment="question -> yes / no / unsure",
        ),
        sa.Column(
            "decision",
            sa.Enum(
                "count",
                "do_not_count",
                "refer",
                name="decision",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "is_relevant", sa.Boolean(), nullable=True, comment="none while referred to a second scorer"
        ),
        sa.Column("is_chargeable", sa.Boolean(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False, comment="when it happened, UTC"),
        sa.Column(
            "entered_at", sa.DateTime(timezone=True), nullable=False, comment="when it was entered, UTC"
        ),
        sa.Column(
            "retracted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when a correction replaced it, UTC",
        ),
        sa.Column(
            "entered_by", sa.Uuid(), nullable=True, comment="user id; plain, as history outlives people"
        ),
        sa.ForeignKeyConstraint(["failure_id"], ["failure.id"], name=op.f("fk_score_failure_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_score_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score")),
    )
    with op.batch_alter_table("score") as batch_op:
        batch_op.create_index(batch_op.f("ix_score_failure_id"), ["failure_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_score_occurred_at"), ["occurred_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_score_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "verification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("failure_id", sa.Uuid(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "confirmed",
                "no_fault_found",
                "duplicate",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("duplicate_of_id", sa.Uuid(), nullable=True),
        sa.Column("method", sa.String(), nullable=False, comment="by whom and how it was verified"),
        sa.Column("mode_id", sa.Uuid(), nullable=True, comment="observed failure mode"),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False, comment="when it happened, UTC"),
        sa.Column(
            "entered_at", sa.DateTime(timezone=True), nullable=False, comment="when it was entered, UTC"
        ),
        sa.Column(
            "retracted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when a correction replaced it, UTC",
        ),
        sa.Column(
            "entered_by", sa.Uuid(), nullable=True, comment="user id; plain, as history outlives people"
        ),
        sa.CheckConstraint(
            "(outcome = 'duplicate') = (duplicate_of_id IS NOT NULL)",
            name=op.f("ck_verification_duplicate_names_original"),
        ),
        sa.ForeignKeyConstraint(
            ["duplicate_of_id"], ["failure.id"], name=op.f("fk_verification_duplicate_of_id")
        ),
        sa.ForeignKeyConstraint(["failure_id"], ["failure.id"], name=op.f("fk_verification_failure_id")),
        sa.ForeignKeyConstraint(["mode_id"], ["failure_code.id"], name=op.f("fk_verification_mode_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_verification_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verification")),
    )
    with op.batch_alter_table("verification") as batch_op:
        batch_op.create_index(batch_op.f("ix_verification_failure_id"), ["failure_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_verification_occurred_at"), ["occurred_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_verification_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "attachment_content",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["attachment.id"], name=op.f("fk_attachment_content_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment_content")),
    )
    op.create_table(
        "criterion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("action_id", sa.Uuid(), nullable=False),
        sa.Column("statement", sa.String(), nullable=False),
        sa.Column(
            "largest_rate_ratio", sa.Double(), nullable=True, comment="failure rate after / before, at most"
        ),
        sa.Column(
            "least_exposure_after",
            sa.Double(),
            nullable=True,
            comment="exposure to wait for, in the metric's unit",
        ),
        sa.Column("metric_id", sa.Uuid(), nullable=True, comment="none: calendar days"),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False, comment="when it happened, UTC"),
        sa.Column(
            "entered_at", sa.DateTime(timezone=True), nullable=False, comment="when it was entered, UTC"
        ),
        sa.Column(
            "retracted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when a correction replaced it, UTC",
        ),
        sa.Column(
            "entered_by", sa.Uuid(), nullable=True, comment="user id; plain, as history outlives people"
        ),
        sa.CheckConstraint("largest_rate_ratio > 0", name=op.f("ck_criterion_rate_ratio")),
        sa.CheckConstraint("least_exposure_after > 0", name=op.f("ck_criterion_exposure")),
        sa.ForeignKeyConstraint(["action_id"], ["action.id"], name=op.f("fk_criterion_action_id")),
        sa.ForeignKeyConstraint(["metric_id"], ["usage_metric.id"], name=op.f("fk_criterion_metric_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_criterion_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_criterion")),
    )
    with op.batch_alter_table("criterion") as batch_op:
        batch_op.create_index(batch_op.f("ix_criterion_action_id"), ["action_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_criterion_occurred_at"), ["occurred_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_criterion_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "verdict",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("action_id", sa.Uuid(), nullable=False),
        sa.Column("criterion_id", sa.Uuid(), nullable=False),
        sa.Column(
            "answer",
            sa.Enum(
                "effective",
                "not_effective",
                "too_early",
                name="verdictanswer",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("failures_before", sa.Integer(), nullable=False),
        sa.Column(
            "exposure_before", sa.Double(), nullable=False, comment="in the unit of the criterion's metric"
        ),
        sa.Column("failures_after", sa.Integer(), nullable=False),
        sa.Column(
            "exposure_after", sa.Double(), nullable=False, comment="in the unit of the criterion's metric"
        ),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("given_by_name", sa.String(length=200), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False, comment="when it happened, UTC"),
        sa.Column(
            "entered_at", sa.DateTime(timezone=True), nullable=False, comment="when it was entered, UTC"
        ),
        sa.Column(
            "retracted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when a correction replaced it, UTC",
        ),
        sa.Column(
            "entered_by", sa.Uuid(), nullable=True, comment="user id; plain, as history outlives people"
        ),
        sa.CheckConstraint("exposure_before >= 0 AND exposure_after >= 0", name=op.f("ck_verdict_exposure")),
        sa.CheckConstraint("failures_before >= 0 AND failures_after >= 0", name=op.f("ck_verdict_failures")),
        sa.ForeignKeyConstraint(["action_id"], ["action.id"], name=op.f("fk_verdict_action_id")),
        sa.ForeignKeyConstraint(["criterion_id"], ["criterion.id"], name=op.f("fk_verdict_criterion_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_verdict_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdict")),
    )
    with op.batch_alter_table("verdict") as batch_op:
        batch_op.create_index(batch_op.f("ix_verdict_action_id"), ["action_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_verdict_occurred_at"), ["occurred_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_verdict_organisation_id"), ["organisation_id"], unique=False)
    make_history_append_only()


def downgrade() -> None:
    let_history_go()
    op.drop_table("verdict")
    op.drop_table("criterion")
    op.drop_table("attachment_content")
    op.drop_table("verification")
    op.drop_table("score")
    op.drop_table("problem_failure")
    op.drop_table("part_swap")
    op.drop_table("failure_revision")
    op.drop_table("containment")
    op.drop_table("attachment")
    op.drop_table("action")
    op.drop_table("removal")
    op.drop_table("failure")
    op.drop_table("usage_reading")
    op.drop_table("part_condition")
    op.drop_table("like_item_review")
    op.drop_table("installation")
    op.drop_table("board_decision")
    op.drop_table("analysis")
    op.drop_table("user_site")
    op.drop_table("user_role")
    op.drop_table("sign_in_session")
    op.drop_table("service_event")
    op.drop_table("problem")
    op.drop_table("position")
    op.drop_table("password_link")
    op.drop_table("part")
    op.drop_table("api_token")
    op.drop_table("user")
    op.drop_table("system")
    op.drop_table("part_type")
    op.drop_table("usage_metric")
    op.drop_table("system_model")
    op.drop_table("supplier")
    op.drop_table("site")
    op.drop_table("role_permission")
    op.drop_table("failure_code")
    op.drop_table("customer")
    op.drop_table("outbox_message")
    op.drop_table("organisation")
    op.drop_table("number_sequence")
    op.drop_table("job")
    op.drop_table("idempotent_request")
    op.drop_table("history_entry")
