"""What is wrong in several places at once is told at once, in our words, before anything is computed."""

from pathlib import Path

from tests.consolidate.attack.commands import estate, planned, refused, said


def test_keys_and_values_of_settings(tmp_path: Path) -> None:
    """A key that there is not does not hide a value that is wrong."""
    changes = ("--set", "limits.cpu_ceilng=1", "--set", "search.seconds=-1", "--set", "limits.spare_hosts=1e9")
    told = refused("plan", estate(tmp_path), *changes, "--out", tmp_path / "out", left=tmp_path)
    assert [line.partition("key ")[2] for line in told.splitlines()] == [
        "limits.cpu_ceilng: Is unknown. Did you mean 'limits.cpu_ceiling'?",
        "limits.spare_hosts: Expected a number of at most 100. (found '1000000000')",
        "search.seconds: Expected a number of at least 0. (found '-1')",
    ]


def test_files_that_are_missing(tmp_path: Path) -> None:
    """Readings, rules and a catalogue are missing: three lines."""
    given = ("--usage", "none.csv", "--rules", "none.yaml", "--buy", "offers.csv")
    told = refused("plan", estate(tmp_path), *given, "--out", tmp_path / "out", left=tmp_path)
    assert told.splitlines() == [f"error: {name}: Does not exist." for name in ("none.csv", "none.yaml", "offers.csv")]


def test_a_policy_and_readings(tmp_path: Path) -> None:
    """A policy that there is not is told, whatever readings there are."""
    told = refused("simulate", estate(tmp_path), "--policy", "nope", "--scale", "0", "--out", tmp_path / "out")
    assert "--scale is above 0" in told
    assert "Policy 'nope' is unknown" in told


def test_options_in_our_words(tmp_path: Path) -> None:
    """What the library of the command line says of a number is said as everywhere."""
    path = estate(tmp_path)
    assert "'--max-moves': Expected a whole number" in refused("plan", path, "--max-moves", "1.5")
    assert "'--port': Expected a number of at most 65535" in refused("dashboard", path, "--port", "99999")


def test_who_is_who_is_not_overwritten(tmp_path: Path) -> None:
    """The names of an earlier export without names stay, and nothing is written beside them."""
    path = estate(tmp_path)
    assert said("inspect", path, "--anonymise", tmp_path / "bare").status == 0
    names = (tmp_path / "bare-mapping.csv").read_text()
    (tmp_path / "bare").rename(tmp_path / "given-away")
    assert "from another export" in refused("inspect", path, "--anonymise", tmp_path / "bare", left=tmp_path)
    assert (tmp_path / "bare-mapping.csv").read_text() == names


def test_a_study_without_its_rows(tmp_path: Path) -> None:
    """A study whose table is gone is not reported as an empty one, nor compared by a manifest that is none."""
    path = tmp_path / "study.yaml"
    estate(tmp_path)
    path.write_text("inventory: estate\nsettings: {search: {seconds: 0.2}, limits: {spare_hosts: 0}}\n")
    out = tmp_path / "out"
    assert said("study", path, "--out", out).status == 0
    manifest = (out / "manifest.json").read_text()
    (out / "manifest.json").write_text('{"options": [1], "inputs": 3}')
    assert "manifest.json has values of a wrong kind: options, inputs" in refused("compare", out, out)
    (out / "manifest.json").write_text(manifest)
    (out / "scenarios.parquet").unlink()
    assert "counts 1 scenario, and scenarios.parquet has 0" in refused("report", out)


def test_a_dashboard_looks_first(tmp_path: Path) -> None:
    """Rules without an inventory, and an inventory that is not there, end before anything is served."""
    plan = planned(tmp_path / "plan", estate(tmp_path), "--set", "limits.spare_hosts=0", "--set", "search.seconds=0.2")
    rules = tmp_path / "rules.yaml"
    rules.write_text("- root: {vms: nobody}\n")
    assert "needs --inventory" in refused("dashboard", plan, "--rules", rules)
    assert "nowhere: Does not exist." in refused("dashboard", plan, "--inventory", tmp_path / "nowhere")
    told = refused("dashboard", plan, "--inventory", tmp_path / "estate", "--rules", rules)
    assert "rules.yaml, row 1: No VM is called 'nobody'." in told
    assert "holds the result of 'study'" in refused("dashboard", _study(tmp_path), "--inventory", tmp_path / "estate")


def _study(path: Path) -> Path:
    """Write what says of itself that it is the result of a study."""
    folder = path / "study"
    folder.mkdir()
    (folder / "summary.json").write_text('{"command": "study"}')
    (folder / "manifest.json").write_text("{}")
    return folder
