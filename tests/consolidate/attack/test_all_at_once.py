"""An output that exists, folders that are no results, and a study's contradictions hide nothing else."""

from pathlib import Path

import pytest

from consolidate.bundled import folder as bundled
from tests.consolidate.attack.commands import estate, planned, refused, said

TAKEN = "exists already; name another folder"


@pytest.mark.parametrize(
    "command",
    [
        ("plan",),
        ("simulate", "--policy", "nope"),
        ("partition",),
        ("drain", "h1"),
        ("repair", "--lost", "h1"),
        ("overhead",),
    ],
)
def test_an_output_that_exists_hides_nothing(command: tuple[str, ...], tmp_path: Path) -> None:
    """The output is there already, a setting is unknown, and the inventory has a bad cell: all of it is told."""
    path = estate(tmp_path, vms="vm,host,vcpus,memory_mib\nv1,h1,many,4096\n")
    name, *rest = command
    arguments = [name, path, *rest, "--out", path]
    if name == "simulate":
        told = refused(*arguments)
        assert "'nope' is unknown" in told
    else:
        told = refused(*arguments, *([] if name == "overhead" else ["--set", "limits.nope=1"]))
        assert "found 'many'" in told
        assert name == "overhead" or "limits.nope" in told
    assert TAKEN in told


def test_an_output_that_exists_and_a_wrong_study(tmp_path: Path) -> None:
    """The result's folder is there, and the study has an unknown key."""
    estate(tmp_path)
    study = tmp_path / "study.yaml"
    study.write_text("inventory: estate\nnope: 1\n")
    told = refused("study", study, "--out", tmp_path / "estate")
    assert TAKEN in told
    assert "key nope: Is unknown." in told


def test_an_output_that_exists_and_no_results(tmp_path: Path) -> None:
    """Neither of two folders is a result, and the output is there."""
    estate(tmp_path)
    told = refused("compare", tmp_path / "a", tmp_path / "b", "--out", tmp_path / "estate")
    assert TAKEN in told
    assert all(f"{tmp_path / name} is no result folder" in told for name in ("a", "b"))


def test_an_export_names_no_way_that_there_is_not(tmp_path: Path) -> None:
    """`inspect` has no --force, and so none is offered; nothing is written."""
    path = estate(tmp_path)
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "mine.txt").write_text("mine")
    told = refused("inspect", path, "--anonymise", tmp_path / "bare", left=tmp_path)
    assert told == f"error: The output {tmp_path / 'bare'} exists already; name another folder.\n"


def test_seeds_repeats_and_all_else(tmp_path: Path) -> None:
    """Several seeds with repeats, a sample of no axes, a policy that there is not, and a missing file: five lines."""
    estate(tmp_path)
    study = tmp_path / "study.yaml"
    study.write_text(
        "inventory: estate\nrules: none.yaml\nseeds: [1, 2, 2]\nrepeats: 3\nsample: {points: 4}\npolicy: nope\n"
    )
    told = refused("study", study, "--check").splitlines()
    assert len(told) == 5
    expected = [
        "row 2, key rules: Does not exist", "row 4, key repeats: Expected several seeds, or one and repeats.",
        "row 5, key sample: There are no axes", "row 3, key seeds: A seed is there twice", "'nope' is unknown",
    ]  # fmt: skip
    assert [text in line for text, line in zip(expected, told, strict=True)] == [True] * 5


@pytest.mark.parametrize("text", ["- inventory: estate\n", "just a text\n", "7\n"])
def test_a_study_that_is_no_mapping(text: str, tmp_path: Path) -> None:
    """A list or a text in place of a study is told with what was expected, beside an output that exists."""
    study = tmp_path / "study.yaml"
    study.write_text(text)
    told = refused("study", study, "--out", tmp_path)
    assert TAKEN in told
    assert "study.yaml: Expected a mapping" in told


def test_all_folders_are_looked_at_before_they_are_served(tmp_path: Path) -> None:
    """Of four folders the second is none, the third holds no result, and the fourth is damaged: three lines."""
    plan = planned(tmp_path / "plan", estate(tmp_path), "--set", "limits.spare_hosts=0", "--set", "search.seconds=0.2")
    other = tmp_path / "other"
    other.mkdir()
    for file in plan.iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    (other / "hosts.csv").write_text("host\nh1\n")
    told = refused("dashboard", plan, tmp_path / "none", bundled(), other)
    assert f"{tmp_path / 'none' / 'summary.json'}: cannot be read" in told
    assert f"{bundled() / 'summary.json'}: cannot be read" in told
    assert f"{other / 'hosts.csv'}" in told or "hosts.csv" in told


def test_settings_and_inventory_are_told_together(tmp_path: Path) -> None:
    """A wrong setting does not hide a wrong cell."""
    path = estate(tmp_path, vms="vm,host,vcpus,memory_mib\nv1,h1,many,4096\n")
    told = refused("plan", path, "--set", "search.seconds=-1", "--out", tmp_path / "out", left=tmp_path)
    assert "search.seconds: Expected a number of at least 0. (found '-1')" in told
    assert "found 'many'" in told


def test_a_result_is_still_replaced(tmp_path: Path) -> None:
    """With --force the result that is there is replaced, as it was."""
    path, out = estate(tmp_path), tmp_path / "out"
    for force in ((), ("--force",)):
        assert said("overhead", "--out", out, *force).status == 0
    assert TAKEN in refused("overhead", path, "--out", out)


def test_a_folder_where_a_file_was_expected(tmp_path: Path) -> None:
    """A folder, and a file that there is not, as a catalogue or as carbon over time are told as every other file is."""
    path = estate(tmp_path, usage_csv="vm,time_s,cpu_mhz\nweb-1,0,9\nweb-1,300,9\n")
    common = ("--out", tmp_path / "out")
    assert "estate: Is a folder; a file was expected." in refused("plan", path, "--buy", path, *common)
    for file, text in ((path, "estate: Is a folder"), (tmp_path / "none", "none: Does not exist.")):
        assert text in refused("simulate", path, "--set", f"prices.carbon={file}", *common, left=tmp_path)


def test_a_wrong_value_is_shown() -> None:
    """What an option was given, and what was expected, are told together; bytes that are no text as well."""
    for arguments, text in (
        (("plan", "x", "--max-moves", "1.5", "--out", "y"), "'--max-moves': Expected a whole number (found '1.5')"),
        (("dashboard", "x", "--port", "99999"), "'--port': Expected a number of at most 65535 (found '99999')"),
        (("study", "x", "--grow", "both"), "--grow: Expected vms or demand (found 'both')"),
        (("plan", "x", "--seed", "\udc80", "--out", "y"), "'--seed': Expected a text in UTF-8 (found '\\udc80')"),
    ):
        assert text in refused(*arguments)
