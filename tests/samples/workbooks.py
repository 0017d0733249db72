"""Small workbooks as other programs write them, and as an attacker would. Each function writes one file."""

import struct
import zipfile
from pathlib import Path

_SECTOR = 512
_END, _FREE, _FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


def write_xls(path: Path, rows: list[list[str | float]], *, is_locked: bool = False) -> None:
    """An Excel 97 workbook with one sheet named List; `is_locked` puts FILEPASS into it, as a password does."""
    lock = _record(0x2F, struct.pack("<HHH", 1, 1, 1)) if is_locked else b""
    name = b"List"
    sheet_head = _record(0x85, struct.pack("<IBBBB", 0, 0, 0, len(name), 0) + name)
    before = len(_BOF_BOOK) + len(lock) + len(sheet_head) + len(_EOF)
    sheet_head = _record(0x85, struct.pack("<IBBBB", before, 0, 0, len(name), 0) + name)
    cells = b"".join(_cell(at, column, value) for at, row in enumerate(rows) for column, value in enumerate(row))
    _write_compound(path, "Workbook", _BOF_BOOK + lock + sheet_head + _EOF + _BOF_SHEET + cells + _EOF)


def write_locked_xlsx(path: Path) -> None:
    """What Excel writes when an xlsx gets a password: a compound file with an encrypted package in it."""
    _write_compound(path, "EncryptedPackage", b"\x00" * 5000)


def write_old_document(path: Path) -> None:
    """A Word 97 document, as far as its container shows."""
    _write_compound(path, "WordDocument", b"\x00" * 5000)


def write_ods(path: Path, rows: list[list[str | float]]) -> None:
    """An OpenDocument spreadsheet with one sheet named List."""
    body = "".join("<table:table-row>" + "".join(map(_ods_cell, row)) + "</table:table-row>" for row in rows)
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="List">{body}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", '<?xml version="1.0"?><manifest:manifest xmlns:manifest="m"/>')
        archive.writestr("content.xml", content)


def write_xlsx_by_hand(path: Path, sheet_xml: str, *, padding_bytes: int = 0) -> None:
    """A workbook with one sheet whose XML is given; `padding_bytes` of zeros swell it when it is unpacked."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _CONTENT_TYPES)
        archive.writestr("_rels/.rels", _RELATIONS.format(kind="officeDocument", target="xl/workbook.xml"))
        archive.writestr("xl/_rels/workbook.xml.rels", _RELATIONS.format(kind="worksheet", target="worksheets/s.xml"))
        archive.writestr("xl/workbook.xml", _BOOK)
        archive.writestr("xl/worksheets/s.xml", _SHEET.format(rows=sheet_xml))
        if padding_bytes:
            with archive.open("xl/padding.bin", "w") as padding:
                for _ in range(padding_bytes // 2**20):
                    padding.write(bytes(2**20))


def number_cell(reference: str, value: str) -> str:
    """One row of sheet XML with one numeric cell."""
    row = "".join(char for char in reference if char.isdigit())
    return f'<row r="{row}"><c r="{reference}"><v>{value}</v></c></row>'


def _ods_cell(value: str | float) -> str:
    if isinstance(value, str):
        return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
    return f'<table:table-cell office:value-type="float" office:value="{value}"/>'


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _cell(row: int, column: int, value: str | float) -> bytes:
    if isinstance(value, str):
        head = struct.pack("<HHHHB", row, column, 0, len(value), 1)
        return _record(0x0204, head + value.encode("utf-16-le"))
    return _record(0x0203, struct.pack("<HHHd", row, column, 0, value))


def _write_compound(path: Path, name: str, stream: bytes) -> None:
    """A compound file with one stream of more than 4,096 bytes, so that no small-stream table is needed."""
    stream = stream.ljust(max(len(stream), 4096), b"\0")
    count = -(-len(stream) // _SECTOR)
    fat = [_FAT, _END, *range(3, count + 2), _END]
    table = struct.pack(f"<{len(fat)}I", *fat).ljust(_SECTOR, b"\xff")
    assert len(table) == _SECTOR, "one sector of the table holds 126 sectors of the stream"
    directory = _entry("Root Entry", 5, child=1, start=_END, size=0) + _entry(
        name, 2, child=_FREE, start=2, size=len(stream)
    )
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, _END, 0, _END, 0) + struct.pack("<I", 0) + b"\xff" * 432
    path.write_bytes(header + table + directory.ljust(_SECTOR, b"\0") + stream.ljust(count * _SECTOR, b"\0"))


def _entry(name: str, kind: int, *, child: int, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    tail = struct.pack("<III", _FREE, _FREE, child) + bytes(36) + struct.pack("<IQ", start, size)
    return text.ljust(64, b"\0") + struct.pack("<HBB", len(text), kind, 1) + tail


_BOF_BOOK = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
_BOF_SHEET = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
_EOF = _record(0x0A, b"")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_CONTENT_TYPES = (
    f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>'
)
_RELATIONS = (
    f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{_OFFICE}/{{kind}}" Target="{{target}}"/></Relationships>'
)
_BOOK = (
    f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="List" sheetId="1" r:id="r1"/></sheets></workbook>'
)
_SHEET = f'<worksheet xmlns="{_MAIN}"><sheetData>{{rows}}</sheetData></worksheet>'
