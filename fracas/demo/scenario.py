"""What the demo fleet is and what is true of it: the truth that a user can check the product against.

Every part type fails by a Weibull law in one usage metric. Four of them hide something that the pages should find: a bad
batch, infant mortality, a corrective action that works and one that does not.
"""

from __future__ import annotations

from dataclasses import dataclass, field

TURN_AROUND_DAYS = 35.0
"""From the failure of a part that is repaired until it lies on the shelf again."""


@dataclass(frozen=True)
class Truth:
    """A Weibull law: ``eta`` in the metric's unit, ``beta`` without one."""

    eta: float
    beta: float


@dataclass(frozen=True)
class PartScenario:
    """One part type of the fleet.

    ``changed_after`` holds from the serials made after ``change_share`` of the simulated time; ``bad_lot`` holds for
    ``bad_share`` of the serials.
    """

    number: str
    name: str
    per_vehicle: int
    position: str
    position_name: str
    metric: str
    truth: Truth
    unit_cost: float
    lead_time_days: float
    is_repairable: bool = False
    mode: str = ""
    mechanism: str = ""
    cause: str = ""
    changed_after: Truth | None = None
    change_share: float = 0.5
    bad_lot: Truth | None = None
    bad_share: float = 0.0
    symptom_code: str = "ALM"
    symptoms: tuple[str, ...] = field(default_factory=tuple)
    symptoms_zh: tuple[str, ...] = field(default_factory=tuple)

    @property
    def turn_around_days(self) -> float | None:
        """From a failure until the part is back from repair, where it is repaired."""
        return TURN_AROUND_DAYS if self.is_repairable else None


PARTS = (
    PartScenario(
        number="CAL-310",
        name="Brake caliper",
        per_vehicle=6,
        position="CAL",
        position_name="Caliper",
        metric="km",
        truth=Truth(230_000, 3.0),
        unit_cost=9_800,
        lead_time_days=60,
        is_repairable=True,
        mode="STD",
        mechanism="2.3",
        cause="O4",
        symptoms=(
            "Pad wear beyond limit, caliper does not retract",
            "Caliper sticking, disc hot after station stop",
            "Uneven pad wear on axle, caliper guide worn",
            "Squealing under light braking, piston seal weeping",
        ),
        symptoms_zh=(
            "闸片磨耗到限，夹钳不回位",
            "夹钳卡滞，进站后制动盘过热",
            "同轴闸片偏磨，夹钳导向磨损",
            "轻制动时异响，活塞密封渗漏",
        ),
    ),
    PartScenario(
        number="EPV-22",
        name="EP relay valve",
        per_vehicle=4,
        position="EPV",
        position_name="Relay valve",
        metric="h",
        truth=Truth(30_000, 0.7),
        unit_cost=6_200,
        lead_time_days=45,
        is_repairable=False,
        mode="ELK",
        mechanism="1.1",
        cause="F3",
        symptoms=(
            "Brake cylinder pressure drops after two minutes",
            "Air leak audible at the relay valve",
            "Slow brake release after commissioning of valve",
        ),
        symptoms_zh=("保压两分钟后制动缸压力下降", "中继阀处有漏气声", "新装中继阀后缓解缓慢"),
    ),
    PartScenario(
        number="BCU-100",
        name="Brake control unit",
        per_vehicle=2,
        position="BCU",
        position_name="Control unit",
        metric="h",
        truth=Truth(18_000, 1.0),
        unit_cost=38_000,
        lead_time_days=90,
        is_repairable=True,
        mode="FTF",
        mechanism="4.2",
        cause="X9",
        symptoms=(
            "BCU fault, bogie isolated by driver",
            "Brake control unit reboots under way",
            "No communication from BCU, code 3138",
        ),
        symptoms_zh=(
            "制动控制单元故障，司机切除转向架",
            "制动控制单元运行中重启",
            "制动控制单元无通信，代码3138",
        ),
    ),
    PartScenario(
        number="CMP-7",
        name="Air compressor",
        per_vehicle=1,
        position="CMP",
        position_name="Compressor",
        metric="h",
        truth=Truth(24_000, 2.0),
        unit_cost=52_000,
        lead_time_days=120,
        is_repairable=True,
        mode="LOO",
        mechanism="2.3",
        cause="F2",
        bad_lot=Truth(5_500, 2.5),
        bad_share=0.2,
        symptoms=(
            "Compressor runs on, main reservoir slow to fill",
            "Compressor knocking, oil in the air dryer",
            "Compressor tripped on over-temperature",
        ),
        symptoms_zh=("空压机持续打风，总风缸充风慢", "空压机敲击异响，干燥器带油", "空压机过温保护停机"),
    ),
    PartScenario(
        number="PS-55",
        name="Pressure sensor",
        per_vehicle=6,
        position="PS",
        position_name="Pressure sensor",
        metric="h",
        truth=Truth(8_000, 1.4),
        unit_cost=650,
        lead_time_days=21,
        is_repairable=False,
        mode="AIR",
        mechanism="2.1",
        cause="D2",
        changed_after=Truth(60_000, 1.4),
        change_share=0.5,
        symptoms=(
            "Pressure reading drifts, brake test refused",
            "Sensor implausible after rain",
            "Brake cylinder pressure shown as zero",
        ),
        symptoms_zh=("压力读数漂移，制动试验不通过", "雨后传感器数值不可信", "制动缸压力显示为零"),
    ),
    PartScenario(
        number="ASV-9",
        name="Anti-skid valve",
        per_vehicle=4,
        position="ASV",
        position_name="Anti-skid valve",
        metric="h",
        truth=Truth(26_000, 1.6),
        unit_cost=2_900,
        lead_time_days=30,
        is_repairable=False,
        mode="FTO",
        mechanism="5.1",
        cause="O1",
        changed_after=Truth(26_000, 1.6),
        change_share=0.55,
        symptoms=(
            "Wheel flats on axle, anti-skid valve stuck",
            "Anti-skid valve does not vent",
            "Wheel slide protection fault",
        ),
        symptoms_zh=("车轮擦伤，防滑阀卡滞", "防滑阀不排风", "防滑保护故障"),
    ),
)

SITES = (
    ("SHA", "Shanghai depot", "Asia/Shanghai"),
    ("HRB", "Harbin depot", "Asia/Shanghai"),
    ("RTM", "Rotterdam depot", "Europe/Amsterdam"),
)

PEOPLE = (
    ("field@demo.example", "Wang Lei 王磊", "field_engineer", ("SHA", "HRB")),
    ("field.rtm@demo.example", "Sanne de Vries", "field_engineer", ("RTM",)),
    ("service@demo.example", "Zhao Min 赵敏", "service_station", ("SHA", "HRB", "RTM")),
    ("quality@demo.example", "Li Na 李娜", "quality", ()),
    ("reliability@demo.example", "Chen Yu 陈宇", "reliability_engineer", ()),
    ("owner@demo.example", "Liu Yang 刘洋", "reliability_engineer", ()),
    ("approver@demo.example", "Ingrid Larsen", "approver", ()),
    ("manager@demo.example", "Marta Kowalska", "manager", ()),
    ("customer@demo.example", "Zhou Jie 周杰", "customer", ()),
    ("admin@demo.example", "Administrator", "administrator", ()),
)

VISIT_EVERY_DAYS = 75
NO_FAULT_FOUND_SHARE = 0.10
"""Share of reports, beside the true failures, where the workshop finds nothing."""
ABUSE_SHARE = 0.04
"""Share of parts broken by an error of operation: confirmed, but the ladder does not count them."""
DUPLICATE_SHARE = 0.03

USE_PER_DAY = {"h": (15.0, 1.5), "km": (290.0, 40.0)}
"""metric code -> mean and spread between vehicles of use per day."""
