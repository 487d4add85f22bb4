"""Reading, changing and recalculating .xlsx files, for the tests: the file format itself, and LibreOffice."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse">
<value>0</value></prop></item></oor:items>
"""
Cell = float | str | None
Sheets = dict[str, dict[str, tuple[Cell, str]]]


def cells(file: Path) -> Sheets:
    """By sheet and cell: (value, formula). Text is text, a formula without a value has None."""
    with zipfile.ZipFile(file) as archive:
        names = re.findall(r'<sheet name="([^"]+)"', archive.read("xl/workbook.xml").decode())
        shared = [
            "".join(part.text or "" for part in item.iter(f"{MAIN}t"))
            for item in ElementTree.fromstring(archive.read("xl/sharedStrings.xml"))
        ]
        return {
            name: dict(_cells_of(ElementTree.fromstring(archive.read(f"xl/worksheets/sheet{place}.xml")), shared))
            for place, name in enumerate(names, 1)
        }


def _cells_of(sheet: ElementTree.Element, shared: list[str]) -> list[tuple[str, tuple[Cell, str]]]:
    found = []
    for cell in sheet.iter(f"{MAIN}c"):
        value, formula = cell.find(f"{MAIN}v"), cell.find(f"{MAIN}f")
        text = value.text if value is not None else None
        kind = cell.get("t", "n")
        read: Cell = text if kind in ("str", "e") else None if text is None else float(text)
        if kind == "s" and text is not None:
            read = shared[int(text)]
        found.append((cell.get("r", ""), (read, formula.text or "" if formula is not None else "")))
    return found


def with_value(file: Path, sheet: int, cell: str, value: float, out: Path) -> Path:
    """A copy of the file in which one number of a sheet (from 1) is another one; nothing else is touched."""
    wanted = f"xl/worksheets/sheet{sheet}.xml"
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name)
            if name == wanted:
                changed, count = re.subn(rf'(<c r="{cell}"[^>]*><v>)[^<]*', rf"\g<1>{value!r}", text.decode())
                assert count == 1, cell
                text = changed.encode()
            new.writestr(name, text)
    return out


def recalculated(files: list[Path], folder: Path) -> dict[str, Sheets]:
    """By file name: the cells after LibreOffice has computed every formula anew; skipped where it is not installed."""
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed (Debian and Ubuntu: libreoffice-calc-nogui)")
    profile, out = folder / "profile", folder / "recalculated"
    (profile / "user").mkdir(parents=True, exist_ok=True)
    (profile / "user" / "registrymodifications.xcu").write_text(ALWAYS_RECALCULATE)
    command = [office, f"-env:UserInstallation={profile.as_uri()}", "--headless",
               "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(out), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert all((out / file.name).exists() for file in files), done.stderr
    return {file.name: cells(out / file.name) for file in files}
