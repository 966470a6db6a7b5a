"""Events go to standard error; standard output belongs to the answer."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import logging, structlog
from fracas.core import logs
logs.configure({level!r})
structlog.get_logger().info("quiet", number=7)
structlog.get_logger().warning("loud", number=8)
logging.getLogger("library").info("chatter")
logging.getLogger("library").warning("complaint")
"""


@pytest.mark.parametrize(
    ("level", "said", "unsaid"),
    [
        ("DEBUG", ["event=quiet", "event=loud number=8", "chatter", "complaint"], []),
        ("INFO", ["event=quiet", "event=loud", "complaint"], ["chatter"]),
        ("WARNING", ["event=loud", "complaint"], ["event=quiet", "chatter"]),
        ("ERROR", [], ["event=loud", "complaint"]),
    ],
)
def test_the_level_decides(level: str, said: list[str], unsaid: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(level=level)], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    assert [text for text in said if text not in done.stderr] == []
    assert [text for text in unsaid if text in done.stderr] == []
