"""A starter set of failure codes, ordered as ISO 14224 orders them: what is seen, how it failed, why, and the root.

The wording is our own and short; an organisation adds, rewords and retires codes as it needs.
"""

from __future__ import annotations

from fracas.catalog.models import CodeKind

_SYMPTOMS = (
    ("NOI", "Unusual noise", "异常噪声"),
    ("VIB", "Vibration", "振动"),
    ("LEK", "Leak seen", "可见泄漏"),
    ("SMK", "Smoke or smell", "冒烟或异味"),
    ("HOT", "Too hot to the touch", "温度过高"),
    ("ALM", "Alarm or fault message", "报警或故障信息"),
    ("DSP", "Display wrong or dark", "显示错误或黑屏"),
    ("NRS", "Does not respond", "无响应"),
    ("SLW", "Responds too slowly", "响应过慢"),
    ("LOS", "Loss of pressure or power", "失压或失电"),
    ("DMG", "Damage seen", "可见损伤"),
    ("DRT", "Dirt or water found", "发现污物或积水"),
)

_MODES = (
    ("FTS", "Fails to start on demand", "按令不能起动"),
    ("STP", "Fails to stop on demand", "按令不能停机"),
    ("FTO", "Fails to open or release", "不能打开或缓解"),
    ("FTC", "Fails to close or apply", "不能关闭或施加"),
    ("FTF", "Fails to function on demand", "按令不能动作"),
    ("DOP", "Operates too late", "动作延迟"),
    ("SPO", "Operates without demand", "误动作"),
    ("UST", "Stops without demand", "误停机"),
    ("BRD", "Breaks down", "损坏停机"),
    ("LOO", "Output too low", "输出过低"),
    ("HIO", "Output too high", "输出过高"),
    ("ERO", "Output erratic", "输出不稳定"),
    ("ELK", "Leaks to the outside", "外泄漏"),
    ("INL", "Leaks inside", "内泄漏"),
    ("PLU", "Blocked or choked", "堵塞"),
    ("OHE", "Overheats", "过热"),
    ("AIR", "Reading or signal wrong", "读数或信号异常"),
    ("STD", "Structure cracked, worn or bent", "结构裂纹、磨损或变形"),
    ("OTH", "Other mode", "其他模式"),
)

_MECHANISMS = (
    ("1.1", "Sealing lost", "密封失效"),
    ("1.2", "Misalignment or wrong clearance", "对中不良或间隙不当"),
    ("1.3", "Deformation", "变形"),
    ("1.4", "Looseness", "松动"),
    ("1.5", "Sticking or seizing", "卡滞"),
    ("2.1", "Corrosion", "腐蚀"),
    ("2.2", "Erosion or cavitation", "冲蚀或气蚀"),
    ("2.3", "Wear", "磨损"),
    ("2.4", "Fatigue", "疲劳"),
    ("2.5", "Breakage by overload", "过载断裂"),
    ("2.6", "Ageing of material", "材料老化"),
    ("2.7", "Overheating of material", "材料过热"),
    ("3.1", "Out of adjustment", "失调"),
    ("3.2", "No signal or faulty signal", "无信号或信号错误"),
    ("3.3", "Software fault", "软件故障"),
    ("4.1", "Short circuit", "短路"),
    ("4.2", "Open circuit or bad contact", "开路或接触不良"),
    ("4.3", "Earth or insulation fault", "接地或绝缘故障"),
    ("4.4", "Supply missing or faulty", "供电缺失或异常"),
    ("5.1", "Contamination", "污染"),
    ("5.2", "Damage from outside", "外力损伤"),
    ("6.1", "Mechanism unknown", "机理不明"),
)

_CAUSES = (
    ("D1", "Design: capacity too small", "设计：能力不足"),
    ("D2", "Design: unsuitable material", "设计：选材不当"),
    ("F1", "Manufacture: out of specification", "制造：不合规格"),
    ("F2", "Manufacture: bad batch", "制造：批次缺陷"),
    ("F3", "Installation error", "安装差错"),
    ("O1", "Used outside its specification", "超规格使用"),
    ("O2", "Operating error", "操作差错"),
    ("O3", "Maintenance error", "维修差错"),
    ("O4", "Expected wear", "正常磨损"),
    ("M1", "Wrong or missing documentation", "文件错误或缺失"),
    ("M2", "Management or training", "管理或培训"),
    ("X1", "Caused by another failure", "由其他故障引起"),
    ("X9", "Cause unknown", "原因不明"),
)

STARTER_CODES: tuple[tuple[CodeKind, str, str, str], ...] = tuple(
    (kind, code, name, name_zh)
    for kind, codes in (
        (CodeKind.SYMPTOM, _SYMPTOMS),
        (CodeKind.MODE, _MODES),
        (CodeKind.MECHANISM, _MECHANISMS),
        (CodeKind.CAUSE, _CAUSES),
    )
    for code, name, name_zh in codes
)
"""(kind, code, English, Simplified Chinese)"""
