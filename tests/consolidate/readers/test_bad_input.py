"""Whatever is wrong with a file is one error with everything that was found, and never a traceback."""

import zipfile
from pathlib import Path

import pytest

from consolidate import readers
from consolidate.readers import Options, noticed
from models.errors import Finding, InputError
from tests.consolidate.readers.inventories import HOSTS, VMS, codes, export, folder, only, problems, vm_row, workbook

HEADER = "vm,host,vcpus,memory_mib\n"


def with_row(path: Path, row: str) -> Path:
    """Write a folder whose third row of VMs is the one given."""
    return folder(path, vms=f"{HEADER}a,h1,1,512\n{row}\n")


@pytest.mark.parametrize(
    ("row", "column", "expected"),
    [
        ("b,h1,two,512", "vcpus", "a whole number from 1 to 10,000 vCPUs|a number"),
        ("b,h1,1.5,512", "vcpus", "a whole number"),
        ("b,h1,0,512", "vcpus", "from 1 to 10,000"),
        ("b,h1,1,-512", "memory_mib", "from 0 to 100,000,000 MiB"),
        ("b,h1,1,1e15", "memory_mib", "from 0 to 100,000,000 MiB"),
        ("b,h1,1,nan", "memory_mib", "a number"),
        ("b,h1,1,inf", "memory_mib", "a number"),
        ("b,h1,1,1_000", "memory_mib", "a number"),
        ("b,h1,1,１２", "memory_mib", "a number"),
        ("b,h1,,512", "vcpus", "a whole number from 1 to 10,000 vCPUs"),
    ],
)
def test_wrong_numbers(tmp_path: Path, row: str, column: str, expected: str) -> None:
    """A wrong number is named with file, row, column, value, and what was expected."""
    (found,) = problems(with_row(tmp_path, row))
    assert (found.file, found.row, found.column) == ("vms.csv", 3, column)
    assert any(text in found.message for text in expected.split("|"))


def test_wrong_choice_and_flag(tmp_path: Path) -> None:
    """A state or a truth that is none is an error; case does not matter."""
    vms = "vm,host,vcpus,memory_mib,power_state,pinned\na,h1,1,1,ON,yes\nb,h1,1,1,running,maybe\n"
    found = problems(folder(tmp_path, vms=vms))
    assert [(item.row, item.column, item.value) for item in found] == [
        (3, "power_state", "running"),
        (3, "pinned", "maybe"),
    ]


def test_power_curve(tmp_path: Path) -> None:
    """A power curve has 11 numbers."""
    hosts = "host,cores,cpu_mhz,memory_mib,power_curve_w\nh1,1,2000,4096,100;200\nh2,1,2000,4096,\n"
    (found,) = problems(folder(tmp_path, hosts=hosts))
    assert (found.row, found.column) == (2, "power_curve_w")


def test_duplicates(tmp_path: Path) -> None:
    """A name that stands twice is an error that says where it stood first; one without a name is one too."""
    found = problems(folder(tmp_path, vms=f"{HEADER}a,h1,1,512\na,h2,1,512\n,h1,1,1\n"))
    assert [(item.code, item.row) for item in found] == [("duplicate", 3), ("empty-name", 4)]
    assert "row 2" in found[0].message


def test_everything_at_once(tmp_path: Path) -> None:
    """Errors of all rows and both tables come together."""
    hosts = "host,cores,cpu_mhz,memory_mib\nh1,x,2600,4096\nh2,1,y,4096\n"
    found = problems(folder(tmp_path, hosts=hosts, vms=f"{HEADER}a,h1,x,512\nb,h9,1,-1\n"))
    assert [(item.file, item.row, item.column) for item in found] == [
        ("hosts.csv", 2, "cores"),
        ("hosts.csv", 3, "cpu_mhz"),
        ("vms.csv", 2, "vcpus"),
        ("vms.csv", 3, "memory_mib"),
        ("vms.csv", 3, "host"),
    ]


def test_cap(tmp_path: Path) -> None:
    """Of 120 wrong cells 50 are shown, and one line counts the other 70."""
    rows = "".join(f"v{row},h1,none,1\n" for row in range(120))
    found = problems(folder(tmp_path, vms=HEADER + rows))
    assert len(found) == noticed.MOST_OF_A_KIND + 1
    assert found[-1].count == 70
    assert "70 more" in found[-1].message


def test_missing_file(tmp_path: Path) -> None:
    """Missing files are named, all of them."""
    assert codes(problems(tmp_path / "nowhere")) == ["missing-file"]
    path = folder(tmp_path / "inventory")
    (path / "vms.csv").unlink()
    assert "vms.csv" in only(problems(path), "missing-file").file


@pytest.mark.parametrize("text", ["", "\n\n", "  "])
def test_empty_file(tmp_path: Path, text: str) -> None:
    """An empty file says so."""
    assert codes(problems(folder(tmp_path, vms=text))) == ["empty-file"]


def test_header_alone(tmp_path: Path) -> None:
    """A table without rows is an empty table."""
    assert len(readers.read(folder(tmp_path, vms=HEADER)).inventory.vms) == 0


def test_wrong_delimiter(tmp_path: Path) -> None:
    """With the wrong delimiter all columns are missing, and the error shows what was read as a header."""
    found = problems(folder(tmp_path), Options(delimiter=";"))
    assert set(codes(found)) == {"missing-column"}
    assert "host,cores,cpu_mhz" in found[0].message


@pytest.mark.parametrize("delimiter", ["::", '"', "\n"])
def test_no_delimiter(tmp_path: Path, delimiter: str) -> None:
    """A delimiter is one character, and no quote or end of line."""
    assert set(codes(problems(folder(tmp_path), Options(delimiter=delimiter)))) == {"delimiter"}


def test_line_ends(tmp_path: Path) -> None:
    """Lines may end as on any system, old ones included, and blank lines may come first."""
    for end in ("\r\n", "\r"):
        path = folder(tmp_path)
        (path / "vms.csv").write_bytes(f"\n{VMS}".replace("\n", end).encode())
        assert readers.read(path).inventory.vms.vm.tolist() == ["web-1", "web-2", "db-1"]


def test_repeated_column(tmp_path: Path) -> None:
    """A column that is there twice is not guessed at."""
    assert codes(problems(folder(tmp_path, vms="vm,host,vcpus,memory_mib,host\na,h1,1,1,h2\n"))) == ["duplicate-column"]


def test_ragged_rows(tmp_path: Path) -> None:
    """Rows that are too short or too long are named; blank cells past the header's end do no harm."""
    found = problems(folder(tmp_path, vms=f"{HEADER}a,h1,1\nb,h1,1,512,,\nc,h1,1,512,extra\n"))
    assert [(item.code, item.row) for item in found] == [("ragged-row", 2), ("ragged-row", 4)]


def test_rows_are_counted_as_a_spreadsheet_counts(tmp_path: Path) -> None:
    """Blank lines count, and a cell of several lines is one row."""
    (found,) = problems(folder(tmp_path, vms=f'{HEADER}\n"a\nb",h1,1,512\nc,h1,x,512\n'))
    assert found.row == 4


def test_long_cell(tmp_path: Path) -> None:
    """A single cell of 20 MB is refused at once, and the message stays short."""
    path = folder(tmp_path, vms=f"{HEADER}{'x' * 20_000_000},h1,1,512\n")
    found = problems(path)
    assert found[0].row == 2
    assert len(str(found[0])) < 500
    middling = problems(folder(tmp_path, vms=f"{HEADER}{'x' * 40_000},h1,1,512\n"))
    assert codes(middling) == ["long-cell"]
    assert len(str(middling[0])) < 500


def test_open_quote(tmp_path: Path) -> None:
    """A quote that is never closed is an error."""
    assert codes(problems(folder(tmp_path, vms=f'{HEADER}"a,h1,1,512\n'))) == ["csv"]


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"vm,host\na\0b,h1\n", bytes(range(256)) * 9])
def test_binary(tmp_path: Path, data: bytes) -> None:
    """Binary files and NUL bytes are refused."""
    path = folder(tmp_path)
    (path / "vms.csv").write_bytes(data)
    assert codes(problems(path)) == ["binary"]


def test_workbook_for_a_csv_file(tmp_path: Path) -> None:
    """A workbook under the name of a CSV file is recognised."""
    path = folder(tmp_path)
    workbook(tmp_path / "x.xlsx", export([vm_row("a")])).replace(path / "vms.csv")
    assert set(codes(problems(path))) == {"binary"}


def test_no_encoding(tmp_path: Path) -> None:
    """Bytes that are neither UTF-8 nor Windows-1252, and an encoding that is none, are errors."""
    path = folder(tmp_path)
    (path / "vms.csv").write_bytes(VMS.encode() + b"\x81\x8d,h1,1,512,\n")
    assert codes(problems(path)) == ["encoding"]
    assert set(codes(problems(folder(tmp_path), Options(encoding="klingon")))) == {"encoding"}


def test_formulas_are_text(tmp_path: Path) -> None:
    """A cell that looks like a formula is a name like any other."""
    names = ['=HYPERLINK("x")', "+1", "@SUM(A1)", "-x"]
    quoted = [name.replace('"', '""') for name in names]
    text = HEADER + "".join(f'"{name}",h1,1,512\n' for name in quoted)
    assert readers.read(folder(tmp_path, vms=text)).inventory.vms.vm.tolist() == names


def test_formulas_in_a_workbook(tmp_path: Path) -> None:
    """A formula in a workbook is not run: it has the value that was saved, here none."""
    assert only(problems(workbook(tmp_path / "x.xlsx", export([vm_row("a", Memory="=1+1")]))), "value").row == 2


def test_folder_for_a_file(tmp_path: Path) -> None:
    """A folder called hosts.csv is no file."""
    path = folder(tmp_path)
    (path / "hosts.csv").unlink()
    (path / "hosts.csv").mkdir()
    assert only(problems(path), "unreadable").file == "hosts.csv"


def test_symbolic_links(tmp_path: Path) -> None:
    """A link that leads in a circle, or nowhere, is an error, also where the file would be optional."""
    path = folder(tmp_path)
    (path / "vms.csv").unlink()
    (path / "vms.csv").symlink_to(path / "vms.csv")
    assert codes(problems(path)) == ["unreadable"]
    other = folder(tmp_path / "other")
    (other / "rules.yaml").symlink_to(tmp_path / "gone.yaml")
    assert codes(problems(other)) == ["missing-file"]
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert codes(problems(loop)) == ["missing-file"]


def test_not_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder and a file that may not be read are errors (simulated: root may read everything)."""
    path = folder(tmp_path)

    def refuse(*_: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", refuse)
        assert {item.message for item in problems(path)} == {"Cannot be read: Permission denied."}
    monkeypatch.setattr(Path, "iterdir", refuse)
    (found,) = problems(path)
    assert (found.code, found.message) == ("unreadable", "Cannot be read: Permission denied.")


def test_zip_bomb(tmp_path: Path) -> None:
    """A workbook that unpacks to 500 times its size is refused before it is opened."""
    path = workbook(tmp_path / "bomb.xlsx", export([vm_row("a")]))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/zeros", bytes(200_000_000))
    (found,) = problems(path)
    assert "zip bomb" in found.message


def test_far_cell(tmp_path: Path) -> None:
    """A single cell in the last row of a sheet, which would take gigabytes to hold, is refused."""
    path = tmp_path / "far.xlsx"
    tabs = export([vm_row("a")])
    workbook(path, tabs)
    import openpyxl  # type: ignore[import-untyped]

    book = openpyxl.load_workbook(path)
    book["vInfo"].cell(1_048_576, 300, "far")
    book.save(path)
    (found,) = problems(path)
    assert "spans 1,048,576" in found.message


@pytest.mark.parametrize("reference", [b"C" + b"9" * 300, b"XFD7", b"B900000"])
def test_cell_that_says_it_is_far(tmp_path: Path, reference: bytes) -> None:
    """A reference that would make the library ask for terabytes is refused before the library sees it."""
    path, forged = workbook(tmp_path / "x.xlsx", export([vm_row("a")])), tmp_path / "forged.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(forged, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'r="B2"', b'r="' + reference + b'"'))
    assert codes(problems(forged)) == ["workbook"]


@pytest.mark.parametrize(
    "data", [b"PK\x03\x04 and nothing else", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", b"vm,host\n", b""]
)
def test_no_workbook(tmp_path: Path, data: bytes) -> None:
    """What is called xlsx and is none says so."""
    path = tmp_path / "x.xlsx"
    path.write_bytes(data)
    assert codes(problems(path)) == ["workbook" if data else "empty-file"]


def test_archive_that_is_no_workbook(tmp_path: Path) -> None:
    """A zip archive with other files in it is no workbook."""
    path = tmp_path / "x.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert codes(problems(path)) == ["workbook"]


def test_damaged_workbook(tmp_path: Path) -> None:
    """A workbook with a byte turned over is refused: its checksum is wrong."""
    path = workbook(tmp_path / "x.xlsx", export([vm_row(f"v{row}") for row in range(200)]))
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        place = archive.getinfo("xl/worksheets/sheet1.xml").header_offset + 200
    data[place] ^= 0xFF
    path.write_bytes(bytes(data))
    assert codes(problems(path)) == ["workbook"]


def test_neither_format(tmp_path: Path) -> None:
    """A folder or file of another kind says which formats there are."""
    assert codes(problems(tmp_path)) == ["format"]
    (tmp_path / "notes.txt").write_text("hello")
    assert codes(problems(tmp_path / "notes.txt")) == ["format"]
    assert "auto, canonical, rvtools, mapped" in problems(folder(tmp_path), Options(format="excel"))[0].message


def test_findings_in_full(tmp_path: Path) -> None:
    """The error's text has a line for each finding, so that nothing is lost where only the text is shown."""
    with pytest.raises(InputError) as error:
        readers.read(folder(tmp_path, hosts=HOSTS.replace("2600", "fast"), vms=VMS.replace("4096", "much")))
    assert len(str(error.value).splitlines()) == len(error.value.findings) == 4
    assert all(isinstance(finding, Finding) for finding in error.value.findings)
