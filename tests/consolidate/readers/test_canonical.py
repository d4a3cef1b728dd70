"""The product's own format."""

from pathlib import Path

import numpy as np
import pytest

from consolidate import readers
from consolidate.readers import Options
from tests.consolidate.readers.inventories import HOSTS, VMS, codes, folder, only, problems


def test_two_tables(tmp_path: Path) -> None:
    """Hosts and VMs are read with their types, and columns that are not there take their defaults."""
    inventory = readers.read(folder(tmp_path)).inventory
    assert inventory.hosts.host.tolist() == ["h1", "h2"]
    assert inventory.vms.vcpus.tolist() == [2, 2, 4]
    assert inventory.start.tolist() == [0, 1, 0]
    assert inventory.hosts.technology.tolist() == ["hardware-assisted"] * 2
    assert np.isnan(inventory.vms.cpu_used_mhz).all()


def test_unknown_column(tmp_path: Path) -> None:
    """A column that is not ours is reported with the name it may have meant, and not used."""
    text = VMS.replace("application", "aplication")
    found = only(readers.read(folder(tmp_path, vms=text)).findings, "unknown-column")
    assert found.severity == "warning"
    assert "Did you mean 'application'?" in found.message


def test_missing_columns(tmp_path: Path) -> None:
    """All columns missing from all files are reported at once."""
    path = folder(tmp_path, hosts="host,cores\nh1,4\n", vms="vm,host,vcpus\na,h1,1\n")
    found = {(item.file, item.column) for item in problems(path)}
    assert found == {("hosts.csv", "cpu_mhz"), ("hosts.csv", "memory_mib"), ("vms.csv", "memory_mib")}


def test_unknown_host(tmp_path: Path) -> None:
    """A VM on a host that is not there is an error with its row; a lenient reading takes the VM off."""
    path = folder(tmp_path, vms=VMS.replace("web-2,h2", "web-2,h3"))
    found = only(problems(path), "unknown-host")
    assert (found.row, found.column, found.value) == (3, "host", "h3")
    lenient = readers.read(path, Options(lenient=True))
    assert lenient.inventory.vms.host.tolist() == ["h1", "", "h1"]
    assert lenient.unmatched == {"h3": 1}


def test_semicolons_and_decimal_commas(tmp_path: Path) -> None:
    """A spreadsheet's European CSV is read: 2.600,5 is 2600.5 and 131.072 is 131072."""
    path = folder(tmp_path, hosts="host;cores;cpu_mhz;memory_mib\nh1;16;2.600,5;131.072\nh2;16;2600;131.072\n")
    hosts = readers.read(path).inventory.hosts
    assert hosts.cpu_mhz.tolist() == [2600.5, 2600.0]
    assert hosts.memory_mib.tolist() == [131072.0, 131072.0]


def test_ambiguous_numbers(tmp_path: Path) -> None:
    """Where 131.072 alone could mean two numbers, a warning says which was taken, and --decimal decides."""
    path = folder(tmp_path, hosts="host;cores;cpu_mhz;memory_mib\nh1;16;2600;131.072\nh2;16;2600;131.072\n")
    reading = readers.read(path)
    assert reading.inventory.hosts.memory_mib.tolist() == [131072.0] * 2
    assert "131.072 are read as 131072" in only(reading.findings, "decimal").message
    pointed = readers.read(path, Options(decimal="."))
    assert pointed.inventory.hosts.memory_mib.tolist() == [131.072] * 2


def test_mixed_decimals(tmp_path: Path) -> None:
    """Points and commas in one file are not guessed at."""
    path = folder(tmp_path, hosts="host;cores;cpu_mhz;memory_mib\nh1;16;2600,5;4096\nh2;16;2600.5;4096\n")
    assert "decimal" in codes(problems(path))


def test_separator_hint_and_mark(tmp_path: Path) -> None:
    """A byte-order mark and Excel's first line sep=| are understood."""
    path = folder(tmp_path, hosts="\ufeffsep=|\n" + HOSTS.replace(",", "|"))
    assert readers.read(path).inventory.hosts.host.tolist() == ["h1", "h2"]


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8-sig"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    """Files of Windows programs are read in their encodings."""
    path = folder(tmp_path)
    (path / "vms.csv").write_text(VMS.replace("shop", "Käse"), encoding=encoding)
    assert readers.read(path).inventory.vms.application.tolist() == ["Käse"] * 3


def test_quoted_formulas(tmp_path: Path) -> None:
    """Names that were written with an apostrophe against spreadsheets lose it again."""
    vms = "vm,host,vcpus,memory_mib\n'=cmd,h1,1,512\n''quoted,h1,1,512\n"
    assert readers.read(folder(tmp_path, vms=vms)).inventory.vms.vm.tolist() == ["=cmd", "'quoted"]


def test_units_doubted(tmp_path: Path) -> None:
    """Memory of 128 (GiB?) and a clock of 2.6 (GHz?) are read, but doubted."""
    path = folder(tmp_path, hosts="host,cores,cpu_mhz,memory_mib\nh1,16,2.6,128\nh2,16,2600,131072\n")
    assert codes(readers.read(path).findings).count("unit") == 2


def test_hosts_have_something(tmp_path: Path) -> None:
    """A host without a clock or memory is an error."""
    path = folder(tmp_path, hosts="host,cores,cpu_mhz,memory_mib\nh1,16,0,131072\nh2,16,2600,0\n")
    assert [(item.row, item.column) for item in problems(path)] == [(2, "cpu_mhz"), (3, "memory_mib")]


def test_network(tmp_path: Path) -> None:
    """Links are read; a host without one, and links that lead in a circle, are errors."""
    links = "lower,upper,capacity_mbps\nh1,leaf,10000\nh2,leaf,10000\nleaf,spine,40000\n"
    network = readers.read(folder(tmp_path, network_csv=links)).network
    assert network is not None
    assert network.capacity_mbps.tolist() == [10000, 10000, 40000]
    circle = "lower,upper,capacity_mbps\nh1,leaf,10000\nleaf,spine,1000\nspine,leaf,1000\n"
    assert set(codes(problems(folder(tmp_path, network_csv=circle)))) == {"no-link", "circle"}


def test_when_taken(tmp_path: Path) -> None:
    """The file about.yaml says when the snapshot was taken."""
    reading = readers.read(folder(tmp_path, about_yaml="taken: 2026-05-01T12:00:00\n"))
    assert reading.inventory.taken == "2026-05-01T12:00:00"


def test_hashes(tmp_path: Path) -> None:
    """Every file read is in the hashes, so that a plan says what it was made from."""
    path = folder(tmp_path, rules_yaml="[]\n", usage_csv="vm,time_s,cpu_mhz\nweb-1,0,1\n")
    assert set(readers.read(path).hashes) == {"hosts.csv", "vms.csv", "rules.yaml", "usage.csv"}


@pytest.mark.parametrize(
    ("name", "meant"), [("usages.csv", "usage.csv"), ("Usage.csv", "usage.csv"), ("rule.yaml", "rules.yaml")]
)
def test_ignored_files(tmp_path: Path, name: str, meant: str) -> None:
    """A table that is not ours is not read, which a warning says, with the name it may have meant."""
    path = folder(tmp_path)
    (path / name).write_text("x\n", encoding="utf-8")
    (path / "notes.txt").write_text("x\n", encoding="utf-8")
    found = only(readers.read(path).findings, "ignored-file")
    assert (found.severity, found.file) == ("warning", name)
    assert f"Did you mean '{meant}'?" in found.message


def test_a_given_file_is_not_ignored(tmp_path: Path) -> None:
    """Readings in the folder under another name, given by --usage, are no stranger."""
    path = folder(tmp_path)
    other = path / "week.csv"
    other.write_text("vm,timestamp,cpu_mhz\nweb-1,2026-05-01T00:00:00Z,1\nweb-1,2026-05-01T00:05:00Z,1\n")
    assert "ignored-file" not in codes(readers.read(path, Options(usage=other)).findings)


@pytest.mark.parametrize(("table", "there"), [("hosts.csv", "host.csv"), ("vms.csv", "vm.csv")])
def test_missing_table(tmp_path: Path, table: str, there: str) -> None:
    """A missing table's error names the similar file that is there; so does that of a folder without any."""
    path = folder(tmp_path)
    (path / table).rename(path / there)
    assert f"Did you mean '{there}'?" in only(problems(path), "missing-file").message
    (path / ({"hosts.csv", "vms.csv"} - {table}).pop()).unlink()
    assert f"Did you mean '{there}'?" in only(problems(path), "format").message


def test_misspelt_required_column(tmp_path: Path) -> None:
    """A missing column's error names the header that may have meant it."""
    path = folder(tmp_path, hosts=HOSTS.replace("memory_mib", "memory_mb"))
    assert "Did you mean 'memory_mb'?" in only(problems(path), "missing-column").message


def test_taken(tmp_path: Path) -> None:
    """When the snapshot was taken can be given where no file says it; where one does, that counts and is told."""
    path = folder(tmp_path)
    given = Options(taken="2026-05-01")
    assert readers.read(path, given).inventory.taken == "2026-05-01"
    (path / "about.yaml").write_text("taken: 2026-04-01T12:00:00\n", encoding="utf-8")
    reading = readers.read(path, given)
    assert reading.inventory.taken == "2026-04-01T12:00:00"
    assert "2026-05-01 is not used" in only(reading.findings, "taken").message


@pytest.mark.parametrize("date", ["yesterday", "2026-13-01", "01.05.2026"])
def test_wrong_date(tmp_path: Path, date: str) -> None:
    """A date that is none is an error, before any file is read."""
    assert repr(date) in only(problems(folder(tmp_path), Options(taken=date)), "taken").message
