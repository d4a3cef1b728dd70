"""Any CSV file, by a column map."""

from pathlib import Path

import pytest

from consolidate import readers
from consolidate.readers import Options, Reading
from models.errors import Finding
from tests.consolidate.readers.inventories import only, problems

SERVERS = (
    "Server name;Runs on;Cores;Memory (GB);State\napp01;node-1;4;16,5;Running\napp02;node-1.example.com;2;8;Stopped\n"
)
NODES = "Name,Cores,GHz,GB\nnode-1,32,2.6,256\n"
MAP = """\
vms:
  file: servers.csv
  columns:
    vm: Server name
    host: Runs on
    vcpus: Cores
    memory_mib: {column: Memory (GB), factor: 1024}
    power_state: {column: State, values: {Running: on, Stopped: off}}
    technology: {value: container}
hosts:
  file: nodes.csv
  columns:
    host: Name
    cores: Cores
    cpu_mhz: {column: GHz, factor: 1000}
    memory_mib: {column: GB, factor: 1024}
"""


def prepared(path: Path, text: str = MAP) -> Options:
    """Write the files and return options that name the map."""
    (path / "servers.csv").write_text(SERVERS)
    (path / "nodes.csv").write_text(NODES)
    (path / "map.yaml").write_text(text)
    return Options(column_map=path / "map.yaml")


def read(path: Path, text: str = MAP) -> Reading:
    """Read by a map."""
    return readers.read(path, prepared(path, text))


def wrong(path: Path, old: str, new: str) -> tuple[Finding, ...]:
    """Return what is wrong with a map in which something was replaced."""
    assert old in MAP
    return problems(path, prepared(path, MAP.replace(old, new)))


def test_columns_words_and_factors(tmp_path: Path) -> None:
    """16,5 GB are 16896 MiB, 2.6 GHz are 2600 MHz, Stopped is off; hosts match but for their domain."""
    inventory = read(tmp_path).inventory
    assert inventory.vms.memory_mib.tolist() == [16896, 8192]
    assert inventory.vms.power_state.tolist() == ["on", "off"]
    assert inventory.vms.technology.tolist() == ["container", "container"]
    assert inventory.vms.host.tolist() == ["node-1", "node-1"]
    assert inventory.hosts.cpu_mhz.tolist() == [2600]


def test_file_named_on_the_command_line(tmp_path: Path) -> None:
    """Without a file in the map, the inventory itself is the VMs' file."""
    options = prepared(tmp_path, MAP.replace("  file: servers.csv\n", ""))
    assert len(readers.read(tmp_path / "servers.csv", options).inventory.vms) == 2
    assert "Says no file" in str(problems(tmp_path, options)[0])


FLAT = (
    "vm,cpus,mib,host,host cores,host mhz,host mib\n"
    "a,1,512,h1,8,2000,4096\nb,1,512,h1,8,2000,4096\nc,1,512,h2,16,2000,4096\n"
)
FLAT_MAP = """\
vms: {columns: {vm: vm, vcpus: cpus, memory_mib: mib, host: host}}
hosts: {columns: {host: host, cores: host cores, cpu_mhz: host mhz, memory_mib: host mib}}
"""


def test_hosts_in_the_file_of_the_vms(tmp_path: Path) -> None:
    """Hosts may be columns of the VMs' file; each counts once."""
    (tmp_path / "flat.csv").write_text(FLAT)
    inventory = readers.read(tmp_path / "flat.csv", prepared(tmp_path, FLAT_MAP)).inventory
    assert inventory.hosts.cores.tolist() == [8, 16]
    assert inventory.start.tolist() == [0, 0, 1]


def test_hosts_that_contradict_themselves(tmp_path: Path) -> None:
    """A host of which two rows say different things is an error with the row."""
    (tmp_path / "flat.csv").write_text(FLAT.replace("b,1,512,h1,8", "b,1,512,h1,9"))
    found = only(problems(tmp_path / "flat.csv", prepared(tmp_path, FLAT_MAP)), "conflict")
    assert (found.row, found.column, found.value) == (3, "host cores", "9")


@pytest.mark.parametrize(
    ("old", "new", "row", "said"),
    [
        ("vm: Server name", "vm: Server nam", 4, "Did you mean 'Server name'?"),
        ("    vcpus: Cores", "    vcpu: Cores", 6, "Did you mean 'vcpus'?"),
        ("factor: 1024}\n    power", "factor: lots}\n    power", 7, "factor above 0"),
        ("{column: State,", "{colum: State,", 8, "Did you mean 'column'?"),
        ("hosts:\n  file", "host:\n  file", 10, "Did you mean 'hosts'?"),
        ("    cores: Cores\n", "", 1, "Column is missing"),
    ],
)
def test_strict(tmp_path: Path, old: str, new: str, row: int, said: str) -> None:
    """A key or column that is not there is an error that names the line and what may be meant."""
    found = wrong(tmp_path, old, new)
    assert any(said in item.message for item in found)
    assert found[0].row in (row, row + 1)


def test_missing_files(tmp_path: Path) -> None:
    """Files that the map names and that are not there, and a map that is not there, are errors."""
    assert only(wrong(tmp_path, "nodes.csv", "gone.csv"), "missing-file").file.endswith("gone.csv")
    assert only(problems(tmp_path, Options(column_map=tmp_path / "no.yaml")), "missing-file").file.endswith("no.yaml")
    assert only(problems(tmp_path, Options(format="mapped")), "no-map").severity == "error"


def test_wrong_values(tmp_path: Path) -> None:
    """Cells are checked as everywhere, with the file's own column name and row."""
    options = prepared(tmp_path)
    (tmp_path / "servers.csv").write_text(SERVERS.replace("Stopped", "Asleep"))
    (found,) = problems(tmp_path, options)
    assert (found.file, found.row, found.column, found.value) == ("servers.csv", 3, "State", "Asleep")


def test_too_few_hosts_matched(tmp_path: Path) -> None:
    """VMs on hosts that are not there stop the import here too; a lenient reading goes on."""
    options = prepared(tmp_path)
    (tmp_path / "servers.csv").write_text(SERVERS.replace("node-1;", "elsewhere;"))
    assert "--host-map" in only(problems(tmp_path, options), "unknown-host").message
    lenient = Options(column_map=options.column_map, lenient=True)
    assert readers.read(tmp_path, lenient).unmatched == {"elsewhere": 1}


def test_an_inventory_that_is_not_there(tmp_path: Path) -> None:
    """It is the inventory that is missing, not the files that a map looks for in it."""
    (found,) = problems(tmp_path / "nowhere", prepared(tmp_path))
    assert (found.message, found.file) == ("Does not exist.", str(tmp_path / "nowhere"))
