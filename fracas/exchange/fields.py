"""What each kind of file may hold: one field a column, by the names of the verbs that the rows go through."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fracas.actions.models import ActionType
from fracas.assets.models import Condition, InstalledAs, ReadingKind, RemovalCause
from fracas.catalog.models import RepairAssumption
from fracas.core.words import N_
from fracas.failures.models import DetectionMethod, LifeCyclePhase, MaintenanceKind, Outcome, Severity
from fracas.problems.models import CauseClass


class ValueType(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    MOMENT = "moment"
    DAY = "day"
    YES_NO = "yes_no"
    CHOICE = "choice"
    AGES = "ages"
    ANSWERS = "answers"
    LIST = "list"


class ImportState(StrEnum):
    """Where a record enters the loop: at its beginning, or with its history behind it. Never closed by us."""

    OPEN = "open"
    CLOSED_ELSEWHERE = "closed_elsewhere"


@dataclass(frozen=True)
class Field:
    """One column. ``names`` are other headers that mean it; ``help`` goes into the template's second sheet."""

    name: str
    kind: ValueType = ValueType.TEXT
    required: bool = False
    choices: type[StrEnum] | None = None
    names: tuple[str, ...] = ()
    example: str = ""
    help: str = ""


@dataclass(frozen=True)
class Kind:
    """A kind of file. ``identity`` are the fields that say which record a row is about; ``verb_words`` pairs of
    (word of the verb, field of the file) where the two differ."""

    name: str
    title: str
    fields: tuple[Field, ...]
    identity: tuple[str, ...]
    extra_columns: bool = False
    verb_words: tuple[tuple[str, str], ...] = ()

    def own_word(self, word: str | None) -> str | None:
        """The field that a verb's refusal means: some verbs say ``occurred_at`` where the file has ``installed_at``."""
        return dict(self.verb_words).get(word, word) if word else None

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)


def _text(name: str, *names: str, example: str = "", required: bool = False, help: str = "") -> Field:
    return Field(name, ValueType.TEXT, required, names=names, example=example, help=help)


def _number(name: str, *names: str, example: str = "", required: bool = False, help: str = "") -> Field:
    return Field(name, ValueType.NUMBER, required, names=names, example=example, help=help)


def _moment(name: str, *names: str, example: str = "", required: bool = False, help: str = "") -> Field:
    return Field(name, ValueType.MOMENT, required, names=names, example=example, help=help)


def _choice(name: str, choices: type[StrEnum], *names: str, example: str = "", help: str = "") -> Field:
    return Field(name, ValueType.CHOICE, choices=choices, names=names, example=example, help=help)


def _yes_no(name: str, *names: str, example: str = "", help: str = "") -> Field:
    return Field(name, ValueType.YES_NO, names=names, example=example, help=help)


SYSTEM = ("system_serial", "vehicle", "vehicle_id", "fleet_number", "asset", "车号", "系统", "系统序列号", "设备编号",
          "车辆编号")  # fmt: skip
PART_TYPE = ("part_number", "part_no", "pn", "material", "物料号", "件号", "零件号", "部件型号")
SERIAL = ("serial", "serial_number", "serial_no", "sn", "序列号", "编号", "出厂编号")
POSITION = ("position_code", "location_code", "slot", "位置", "安装位置", "装车位置")
METRIC = ("usage_metric", "usage_unit", "计量", "计量项")
SITE = ("site_code", "depot", "location_site", "站点", "基地", "车辆段", "段所")
EXTERNAL_ID = ("id", "external", "record_id", "report_id", "incident_id", "外部编号", "单号", "记录编号")
CUSTOMER = ("customer_code", "owner_customer", "客户")
LOT = ("batch", "lot_number", "批次", "批号")

PART_TYPES = Kind(
    "part-types",
    N_("Part types"),
    (
        _text("number", *PART_TYPE, "型号", example="BCU-200", required=True),
        _text(
            "name",
            "description",
            "designation",
            "名称",
            "部件名称",
            "描述",
            example="Brake control unit",
            required=True,
        ),
        _yes_no("is_repairable", "repairable", "可修", "可维修", example="yes"),
        _choice("repair_assumption", RepairAssumption, "修复假设", example="as_new"),
        _text("primary_metric", *METRIC, example="", help=N_("code of a usage metric; empty: calendar days")),
        _number("lead_time_days", "lead_time", "交货期", "交付周期", example="90", help=N_("days")),
        _number("turn_around_days", "turn_around", "返修周期", "修理周期", example="30", help=N_("days")),
        _number(
            "repaired_share",
            "repair_fraction",
            "可修比例",
            "修复率",
            example="0.8",
            help=N_("from 0 to 1; empty: all"),
        ),
        _number("unit_cost", "cost", "price", "单价", "成本", example="1800"),
        _text("currency", "货币", "币种", example="CNY"),
        _text("supplier", "supplier_code", "manufacturer", "供应商"),
    ),
    ("number",),
)

SYSTEMS = Kind(
    "systems",
    N_("Systems"),
    (
        _text("serial", *SERIAL, *SYSTEM, example="LRV101", required=True),
        _text("name", "名称", "描述", example="Car 101"),
        _text(
            "system_model", "model", "class", "vehicle_class", "车型", "型号", example="LRV", required=True
        ),
        _text("site", *SITE, example="DEPOT-1", required=True),
        _text("customer", *CUSTOMER),
        _text("configuration", "software_version", "配置", "软件版本"),
        _moment(
            "commissioned_at",
            "commissioned",
            "in_service_since",
            "投运日期",
            "投入使用日期",
            example="2024-01-15T08:00+08:00",
        ),
        _moment("retired_at", "retired", "退役日期", "报废日期"),
        _text("retired_reason", "退役原因", "报废原因"),
        Field(
            "observed",
            ValueType.LIST,
            names=("观察期",),
            help=N_("windows of observation: 2025-01-01T00:00+08:00/2026-01-01T00:00+08:00; …"),
        ),
    ),
    ("serial",),
)

PARTS = Kind(
    "parts",
    N_("Parts"),
    (
        _text("part_type", *PART_TYPE, "型号", example="BCU-200", required=True),
        _text("serial", *SERIAL, example="0022", required=True),
        _text("lot", *LOT, example="2023-11"),
        _text("supplier", "supplier_code", "manufacturer", "供应商"),
        _text("site", *SITE, example="DEPOT-1", required=True),
        _text("customer", *CUSTOMER),
        _moment(
            "manufactured_at",
            "manufactured",
            "made_at",
            "生产日期",
            "制造日期",
            example="2023-11-01T00:00+08:00",
        ),
        _choice("condition", Condition, "状态", example="serviceable"),
        _text("condition_reason", "状态原因"),
        _moment("condition_at", "状态日期"),
    ),
    ("part_type", "serial"),
)

INSTALLATIONS = Kind(
    "installations",
    N_("Installations"),
    (
        _text("part_type", *PART_TYPE, "型号", example="BCU-200"),
        _text("part", *SERIAL, "part_serial", "件序列号", example="0022", required=True),
        _text("system", *SYSTEM, example="LRV101", required=True),
        _text("position", *POSITION, example="B1.BCU", required=True),
        _moment("installed_at", "occurred_at", "installed", "install_date", "fitted_at", "安装日期", "装车日期",
                example="2024-02-01T10:00+08:00", required=True),
        _choice("installed_as", InstalledAs, "安装状态", example="new"),
        Field("age_at_install", ValueType.AGES, names=("age", "安装时寿命"), help=N_("calendar=120; km=30500")),
        _moment("removed_at", "removed", "removal_date", "拆卸日期", "拆下日期", example="2025-03-04T16:30+08:00"),
        _choice("removal_cause", RemovalCause, "reason_removed", "拆卸原因", "拆下原因", example="failure"),
        _text("note", "removal_note", "备注"),
        _text("lot", *LOT),
        _text("external_id", *EXTERNAL_ID),
    ),
    ("part_type", "part", "system", "position", "installed_at"),
    verb_words=(("occurred_at", "installed_at"), ("cause", "removal_cause")),
)  # fmt: skip

USAGE = Kind(
    "usage",
    N_("Usage readings"),
    (
        _text("system", *SYSTEM, example="LRV101", help=N_("a system or a part, not both")),
        _text("part", *SERIAL, "part_serial"),
        _text("part_type", *PART_TYPE),
        _text("metric", *METRIC, example="km", required=True),
        _number("value", "reading", "usage_value", "mileage", "读数", "里程", "运行小时", example="120345", required=True),
        _moment("read_at", "occurred_at", "date", "reading_date", "读数日期", "抄表日期", "日期",
                example="2025-01-31T23:00+08:00", required=True),
        _choice("kind", ReadingKind, "类别", example="reading"),
        _number("restarts_at", "new_meter_value", "新表读数", help=N_("first value of the new meter")),
        _text("external_id", *EXTERNAL_ID),
    ),
    ("system", "part", "part_type", "metric", "read_at", "kind"),
    verb_words=(("occurred_at", "read_at"),),
)  # fmt: skip

FAILURES = Kind(
    "failures",
    N_("Failures"),
    (
        _text("external_id", *EXTERNAL_ID, "failure_id", "故障编号", "故障单号", example="INC-1001"),
        _choice("state", ImportState, "status", "report_state", "单据状态", example="closed_elsewhere",
                help=N_("open: goes through the loop here; closed_elsewhere: history brought along")),
        _text("system", *SYSTEM, example="LRV101"),
        _moment("occurred_at", "failed_at", "failure_date", "datetime", "date", "故障日期", "故障时间", "发生时间",
                example="2025-03-04T15:10+08:00", required=True),
        _text("symptom", "description", "text", "failure_description", "故障现象", "故障描述", "现象",
              example="Brake does not release", required=True),
        _text("symptom_code", "故障代码", "现象代码", example="0022"),
        _text("part_type", *PART_TYPE, example="BCU-200"),
        _text("part", *SERIAL, "part_serial", "故障件序列号", example="0022"),
        _text("position", *POSITION, example="B1.BCU"),
        _number("usage_value", "usage", "mileage", "reading", "故障里程", "里程", example="121500"),
        _text("metric", *METRIC, example="km"),
        _moment("usage_read_at", "读数时间"),
        _text("usage_not_read_reason", "未读原因"),
        _moment("detected_at", "found_at", "发现时间"),
        _moment("last_known_good_at", "last_known_good", "最近完好时间"),
        _text("site", *SITE, example="DEPOT-1", help=N_("where it happened; empty: the system's site")),
        _text("configuration", "software_version", "配置", "软件版本"),
        _choice("life_cycle_phase", LifeCyclePhase, "phase", "寿命阶段"),
        _text("environment", "环境"),
        _text("operating_state", "工况"),
        _text("location", "place", "route", "地点", "线路"),
        _choice("detection_method", DetectionMethod, "发现方式"),
        _choice("effect_on_function", Severity, "severity", "功能影响"),
        _choice("effect_on_safety", Severity, "安全影响"),
        _choice("effect_on_mission", Severity, "任务影响"),
        _number("delay_minutes", "delay", "晚点分钟", "延误分钟"),
        _moment("downtime_started_at", "down_at", "停机开始"),
        _moment("restored_at", "up_at", "恢复时间", "修复时间"),
        _text("handling", "action_taken", "repair", "处理措施", "处理"),
        _choice("maintenance_kind", MaintenanceKind, "维修类别"),
        _number("labour_hours", "labor_hours", "工时", help=N_("hours")),
        _number("waiting_hours", "等待时间", help=N_("hours")),
        _choice("repair_assumption", RepairAssumption, "修复假设"),
        _text("part_out", "removed_serial", "拆下件序列号", "换下件"),
        _text("part_in", "installed_serial", "装上件序列号", "换上件"),
        _moment("swapped_at", "更换时间"),
        _choice("outcome", Outcome, "verification", "验证结论", help=N_("confirmed, no_fault_found, duplicate")),
        _text("duplicate_of", "重复于"),
        _text("method", "verification_method", "验证方法"),
        _text("mode", "failure_mode", "故障模式", example="B01"),
        Field("answers", ValueType.ANSWERS, names=("scoring", "评分"),
              help=N_("of the scoring ladder: “no” for all ten, or test_abuse=no; initial_inspection=yes; …")),
        _moment("closed_at", "closed", "关闭日期"),
        _text("reporter", "reported_by", "报告人"),
        Field("not_recorded", ValueType.LIST, help=N_("fields that the source does not have; a; b; c")),
    ),
    ("external_id",),
    extra_columns=True,
)  # fmt: skip

PROBLEMS = Kind(
    "problems",
    N_("Problems"),
    (
        _text("external_id", *EXTERNAL_ID, "problem_id", "问题编号", example="8D-17"),
        _choice("state", ImportState, "status", example="closed_elsewhere"),
        _moment("closed_at", "closed", "关闭日期"),
        _text("title", "subject", "标题", "问题", example="Connector pin corrodes", required=True),
        _text("description", "text", "描述"),
        _text("part_type", *PART_TYPE, example="BCU-200"),
        Field("failures", ValueType.LIST, names=("failure_numbers", "故障"), example="INC-1001"),
        _text("owner", "owner_email", "responsible", "负责人"),
        _text("mode", "failure_mode", "故障模式"),
        _text("mechanism", "failure_mechanism", "故障机理"),
        _text("cause", "root_cause", "故障原因", "根本原因"),
        _choice("cause_class", CauseClass, "原因类别"),
        _text("method", "分析方法"),
        _text("evidence", "证据"),
    ),
    ("external_id",),
)

ACTIONS = Kind(
    "actions",
    N_("Actions"),
    (
        _text("external_id", *EXTERNAL_ID, "action_id", "措施编号", example="ECN-88"),
        _choice("state", ImportState, "status", example="closed_elsewhere"),
        _text(
            "problem",
            "problem_id",
            "问题编号",
            example="8D-17",
            help=N_("number here, or the problem's external id"),
        ),
        _text("failure", "failure_id", "故障编号"),
        _choice("action_type", ActionType, "type", "措施类型", example="corrective"),
        _text(
            "title", "subject", "标题", "措施", example="Sealed connector from serial 0400 on", required=True
        ),
        _text("description", "text", "描述"),
        _text("owner", "owner_email", "responsible", "负责人"),
        Field(
            "due_on", ValueType.DAY, names=("due", "due_date", "到期日", "计划完成日期"), example="2025-06-30"
        ),
        _text("effective_from_serial", "from_serial", "起始序列号", example="0400"),
        _text("effective_from_lot", "from_lot", "起始批次"),
        _moment("effective_from_at", "effective_from", "生效日期"),
        _text("evidence", "证据"),
        _moment("completed_at", "completed", "完成日期"),
    ),
    ("external_id",),
)

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (PART_TYPES, SYSTEMS, PARTS, INSTALLATIONS, USAGE, FAILURES, PROBLEMS, ACTIONS)
}
