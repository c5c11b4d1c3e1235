"""Workbooks (XLSX), as small as they can be."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from xml.sax.saxutils import escape

NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


class Failed(str):
    """What a cell shows whose formula failed."""


Cell = str | int | float | bool | date | datetime | None
FIRST_DAY = datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet knows no time zones
# Cells of the second style (s="1") show a day, those of the third a moment: formats 14 and 22 of ECMA-376.
STYLES = f'<styleSheet xmlns="{NAMESPACE}"><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/></cellXfs></styleSheet>'


def workbook(sheets: Mapping[str, Sequence[Sequence[Cell]]]) -> bytes:
    """A workbook with these sheets of rows."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        named = "".join(f'<sheet name="{name}" sheetId="{nth}" r:id="r{nth}"/>' for nth, name in enumerate(sheets, 1))
        tied = "".join(f'<Relationship Id="r{nth}" Type="{RELATIONS}/worksheet" Target="worksheets/s{nth}.xml"/>' for nth in range(1, len(sheets) + 1))
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{PACKAGE}/content-types"/>')
        top = f'<Relationship Id="r1" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/>'
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{PACKAGE}/relationships">{top}</Relationships>')
        archive.writestr("xl/workbook.xml", f'<workbook xmlns="{NAMESPACE}" xmlns:r="{RELATIONS}"><sheets>{named}</sheets></workbook>')
        archive.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{PACKAGE}/relationships">{tied}</Relationships>')
        archive.writestr("xl/styles.xml", STYLES)
        for nth, rows in enumerate(sheets.values(), 1):
            archive.writestr(f"xl/worksheets/s{nth}.xml", f'<worksheet xmlns="{NAMESPACE}"><sheetData>{_rows(rows)}</sheetData></worksheet>')
    return file.getvalue()


def _rows(rows: Sequence[Sequence[Cell]]) -> str:
    return "".join(
        f'<row r="{number}">{"".join(_cell(f"{chr(64 + at)}{number}", cell) for at, cell in enumerate(row, 1))}</row>' for number, row in enumerate(rows, 1)
    )


def _cell(where: str, cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return f'<c r="{where}" t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, Failed):
        return f'<c r="{where}" t="e"><f>A1/0</f><v>{escape(cell)}</v></c>'
    if isinstance(cell, str):
        return f'<c r="{where}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
    if isinstance(cell, date):
        moment = cell if isinstance(cell, datetime) else datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001
        days = (moment - FIRST_DAY).total_seconds() / 86_400
        return f'<c r="{where}" s="{2 if isinstance(cell, datetime) else 1}"><v>{days}</v></c>'
    return f'<c r="{where}"><v>{cell}</v></c>'
