"""``fracas import`` and ``fracas export``, as typed."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
from click.testing import CliRunner, Result

from fracas.cli import main
from fracas.exchange import commands

Run = Callable[..., Result]
SYSTEMS = "serial,model,site,commissioned_at\nS1,LRV,DEPOT,2020-01-01\n"
MAP = (
    '[unknown]\nsite = "create-flagged"\nsystem_model = "create-flagged"\nsymptom_code = "create-flagged"\n'
    'metric = "create-flagged"\n[file]\ntime_zone = "UTC"\n'
)
FAILURES = "external_id,system,occurred_at,symptom,symptom_code,usage_not_read_reason,delay_minutes\n"


@pytest.fixture
def run(empty_sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command line in a folder of its own, with an organisation and system S1."""
    monkeypatch.chdir(tmp_path)
    environment = {"FRACAS_DATABASE_URL": empty_sqlite_url, "FRACAS_LOG_LEVEL": "WARNING"}

    def command(*words: str) -> Result:
        return CliRunner().invoke(main, list(words), env=environment)

    Path("map.toml").write_text(MAP, "utf-8")
    Path("systems.csv").write_text(SYSTEMS, "utf-8")
    assert command("organisation", "create", "ACME", "--name", "Acme").exit_code == 0
    told = command("import", "systems", "systems.csv", "--map", "map.toml")
    assert told.exit_code == 0, told.output
    return command


def failures(*rows: str) -> str:
    Path("failures.csv").write_text(FAILURES + "\n".join(rows) + "\n", "utf-8")
    return "failures.csv"


def exported(run: Run) -> list[dict[str, str]]:
    assert run("export", "failures", "out.csv").exit_code == 0
    return list(csv.DictReader(io.StringIO(Path("out.csv").read_text("utf-8-sig"))))


def test_a_good_file_and_again(run: Run) -> None:
    file = failures("A-1,S1,2023-04-11 10:00,leaks,0022,dark,5")
    told = run("import", "failures", file, "--map", "map.toml")
    assert (told.exit_code, "1 new" in told.stdout, "All rows were written" in told.stdout) == (0, True, True)
    assert "1 already here" in run("import", "failures", file, "--map", "map.toml").stdout
    assert [row["symptom_code"] for row in exported(run)] == ["0022"]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("A-1,NOPE,2023-04-11 10:00,leaks,,dark,5", "system “NOPE”|no system"),
        ("A-1,S1,2999-04-11 10:00,leaks,,dark,5", "in the future"),
        ("A-1,S1,2023-04-11 10:00,leaks,,dark,five", "delay_minutes: “five” is not a number"),
        ("A-1,S1,2023-04-11 10:00,leaks,,dark,-5", "delay_minutes"),
        ("A-1,S1,2023-04-11 10:00,,,dark,5", "symptom: This is needed"),
    ],
)
def test_bad_rows_are_told_kept_and_end_with_2(run: Run, row: str, told: str) -> None:
    result = run(
        "import", "failures", failures("A-0,S1,2023-04-11 10:00,good,,dark,5", row), "--map", "map.toml"
    )
    assert result.exit_code == 2
    assert "line 3: " in result.stderr
    assert any(words in result.stderr for words in told.split("|")), result.stderr
    assert "Traceback" not in result.output
    assert exported(run) == []
    kept = list(csv.DictReader(io.StringIO(Path("failures.rejected.csv").read_text("utf-8-sig"))))
    assert (len(kept), kept[0]["external_id"], kept[0]["import_line"]) == (1, "A-1", "3")


def test_good_rows_can_be_accepted_and_the_others_mended(run: Run) -> None:
    file = failures("A-1,NOPE,2023-04-11 10:00,leaks,,dark,5", "A-2,S1,2023-04-11 10:00,leaks,,dark,5")
    assert (
        run(
            "import", "failures", file, "--map", "map.toml", "--accept-good-rows", "--rejected", "bad.csv"
        ).exit_code
        == 0
    )
    Path("bad.csv").write_text(Path("bad.csv").read_text("utf-8-sig").replace("NOPE", "S1"), "utf-8")
    assert run("import", "failures", "bad.csv", "--map", "map.toml").exit_code == 0
    assert sorted(row["external_id"] for row in exported(run)) == ["A-1", "A-2"]


def test_a_dry_run_writes_nothing(run: Run) -> None:
    told = run(
        "import", "failures", failures("A-1,S1,2023-04-11 10:00,x,,dark,5"), "--map", "map.toml", "--dry-run"
    )
    assert (told.exit_code, "1 new" in told.stdout, "trial" in told.stdout) == (0, True, True)
    assert exported(run) == []


def test_files_that_cannot_be_read_are_refused_in_a_sentence(run: Run) -> None:
    whole = io.BytesIO()
    with xlsxwriter.Workbook(whole) as book:
        book.add_worksheet().write_column(0, 0, ["serial", *map(str, range(500))])
    Path("half.xlsx").write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    Path("picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    Path("empty.csv").write_bytes(b"")
    Path("latin.csv").write_bytes(b"serial,model,site\nS\xe9,LRV,DEPOT\n")
    Path("utf8.toml").write_text('[file]\nencoding = "utf-8"\n', "utf-8")
    Path("broken.toml").write_text("kind = \n", "utf-8")
    for words, told in [
        (["half.xlsx"], "not written to its end"),
        (["picture.csv"], "no text"),
        (["empty.csv"], "empty"),
        (["latin.csv", "--map", "utf8.toml"], "byte 0xE9 in line 2"),
        (["latin.csv", "--map", "broken.toml"], "no TOML"),
        (["latin.csv", "--map", "nowhere"], "no map “nowhere”"),
        (["nowhere.csv"], "nowhere.csv"),
        (["latin.csv", "--time-zone", "Mars"], "no time zone"),
    ]:
        result = run("import", "systems", *words)
        assert (result.exit_code, told in result.stderr) == (2, True), (words, result.output)
        assert "Traceback" not in result.output
    assert run("import", "weather", "empty.csv").exit_code == 2
    assert run("import", "systems").exit_code == 2


def test_a_very_large_file_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "LARGEST_MB", 0.000_01)
    result = run("import", "systems", "systems.csv")
    assert (result.exit_code, "larger than" in result.stderr) == (2, True)


def test_a_template_and_its_example(run: Run) -> None:
    assert run("import", "systems", "--template", "systems.xlsx").exit_code == 0
    told = run("import", "systems", "systems.xlsx", "--map", "another_fracas")
    assert (told.exit_code, "1 new" in told.stdout) == (0, True)
    assert run("import", "systems", "--template", "systems.pdf").exit_code == 2


def test_export_of_life_data_needs_a_part_type(run: Run) -> None:
    assert run("export", "life-data", "life.csv").exit_code == 2
    assert run("export", "weather", "w.csv").exit_code == 2
    assert run("export", "systems", "systems.pdf").exit_code == 2
