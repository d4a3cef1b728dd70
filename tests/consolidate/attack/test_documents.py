"""Rules, settings and studies in YAML: what is wrong is told with its line; nothing in a file is run or blown up."""

from pathlib import Path

import pytest

from tests.consolidate.attack.commands import estate, refused, said

ANY_DOCUMENT = {
    "anchors": ("- &a [x]\n- *a\n", "Anchors and aliases"),
    "laughs": (
        "a: &a [x, x, x]\n" + "".join(f"{now}: &{now} [*{old}, *{old}]\n" for old, now in zip("ab", "bc", strict=True)),
        "Anchors and aliases",
    ),
    "a key twice": ("a: 1\na: 2\n", "row 2: Key 'a' is there twice"),
    "deep": ("[" * 3000, "YAML"),
    "broken": ("a: [1\n", "Is not YAML"),
    "tabs": ("-\ta: 1\n", "Is not YAML"),
    "two documents": ("---\na: 1\n---\nb: 2\n", "another document"),
    "no date": ("a: 2026-99-99\n", "YAML"),
    "a tag that does not fit": ("a: !!timestamp x\n", "YAML"),
    "an integer without end": (f"a: {'9' * 5000}\n", "YAML"),
    "a key that is a list": ("? [a, b]\n: 1\n", "A key must be a text"),
    "binary": ("\x00\x01", "NUL byte"),
    "empty": ("", "Is empty"),
}
PLACES = ("rules", "settings", "study")


def asked(tmp_path: Path, place: str, text: str) -> str:
    """Give a document as rules, settings or a study, and return what is said against it."""
    path = estate(tmp_path)
    file = tmp_path / f"{place}.yaml"
    file.write_text(text, encoding="utf-8")
    out = ("--out", tmp_path / "out")
    commands: dict[str, tuple[object, ...]] = {
        "rules": ("plan", path, "--rules", file, *out),
        "settings": ("plan", path, "--config", file, *out),
        "study": ("study", file, *out),
    }
    return refused(*commands[place], left=tmp_path)


@pytest.mark.parametrize("name", ANY_DOCUMENT)
@pytest.mark.parametrize("place", PLACES)
def test_a_document_that_is_none(tmp_path: Path, place: str, name: str) -> None:
    """Wherever YAML is read, it is read in the same careful way."""
    text, reason = ANY_DOCUMENT[name]
    said_against = asked(tmp_path, place, text)
    assert reason in said_against
    assert f"{place}.yaml" in said_against
    assert len(said_against) < 1000


@pytest.mark.parametrize("place", PLACES)
def test_no_tag_runs_anything(tmp_path: Path, place: str) -> None:
    """A document that names a function is refused, and the function is not called."""
    proof = tmp_path / "proof"
    asked(tmp_path, place, f"!!python/object/apply:os.system ['touch {proof}']\n")
    assert not proof.exists()


RULES = {
    "- spreadd: {vms: [web-1]}": "row 1: Rule 'spreadd' is unknown. Did you mean 'spread'?",
    "- spread: {vmz: [web-1, web-2]}": "row 1: Key 'vmz' is unknown. Did you mean 'vms'?",
    "- spread: {vms: [wbe-1, web-2]}": "No VM is called 'wbe-1'. Did you mean 'web-1'?",
    "- spread: {vms: ['nothing*']}": "Pattern 'nothing*' matches no VM",
    "- spread: {vms: [web-1, web-2], level: room}": "Expected one of host, rack, cluster, datacenter",
    "- running_capacity: {hosts: [h1], most: -1}": "Expected a whole number of 0 or more, not -1",
    f"- running_capacity: {{hosts: [h1], most: {10**30}}}": "Expected a whole number of 0 or more",
    "- spread: {vms: [web-1, web-2], price: .nan}": "Expected a number of 0 or more, not nan",
    "- spread: {vms: null}": "Expected a name, a pattern or a list",
    "spread: {vms: [web-1]}": "Expected a list of rules",
}


@pytest.mark.parametrize("text", RULES)
def test_wrong_rules(tmp_path: Path, text: str) -> None:
    """A rule is told what is wrong with it, and what may have been meant."""
    assert RULES[text] in asked(tmp_path, "rules", f"{text}\n")


def test_all_wrong_rules_at_once(tmp_path: Path) -> None:
    """Each wrong rule is a line of its own."""
    text = asked(tmp_path, "rules", "".join(f"{rule}\n" for rule in RULES if rule.startswith("-")))
    assert len(text.splitlines()) == len([rule for rule in RULES if rule.startswith("-")])


SETTINGS = {
    "limit: {}": "row 1, key limit: Is unknown. Did you mean 'limits'?",
    "limits: {cpu_ceilling: 1}": "key limits.cpu_ceilling: Is unknown. Did you mean 'limits.cpu_ceiling'?",
    "search:\n  seconds: fast": "row 2, key search.seconds: Expected a number. (found 'fast')",
    "limits: {cpu_ceiling: 1.5}": "Expected a number of at most 1.",
    "limits: {spare_hosts: true}": "Expected a whole number",
    "limits: {spare_hosts: '2'}": "Expected a whole number",
    "prices: {energy_eur_kwh: .inf}": "finite",
    "demand: {cpu: p101}": "Expected auto, allocated, snapshot, peak, profile, or a percentile",
    "migration: {platform: abacus}": "Platform 'abacus' is unknown; known are",
    "[1, 2]": "Expected a mapping",
}


@pytest.mark.parametrize("text", SETTINGS)
def test_wrong_settings(tmp_path: Path, text: str) -> None:
    """A wrong setting is named with its line, what was found, and what was expected."""
    assert SETTINGS[text] in asked(tmp_path, "settings", f"{text}\n")


def test_all_wrong_settings_at_once(tmp_path: Path) -> None:
    """Three wrong settings are three lines."""
    text = asked(tmp_path, "settings", "limits: {cpu_ceiling: 2, spare_hosts: -1}\nsearch: {solver: magic}\n")
    assert [line.partition("key ")[2].partition(":")[0] for line in text.splitlines()] == [
        "limits.cpu_ceiling",
        "limits.spare_hosts",
        "search.solver",
    ]


CHANGES = {
    "limits.cpu_ceiling": "is not of the form key=value",
    "limits.cpu_ceilin=1": "Did you mean 'limits.cpu_ceiling'?",
    "limits=1": "Known are limits.cpu_ceiling",
    "=1": "Is unknown",
    "limits.cpu_ceiling=": "Expected a number",
    "limits.cpu_ceiling=[1": "Is not YAML",
    "limits.cpu_ceiling=*x": "undefined alias",
    "limits.cpu_ceiling=0.5=1": "Expected a number",
    "limits.cpu_ceiling=2026-99-99": "month must be in 1..12",
    "limits.cpu_ceiling=!!python/object/apply:os.system ['x']": "Expected a number",
    "demand.cpu=\x1b[31m": "YAML",
    f"limits.cpu_ceiling={'[' * 3000}": "nested",
}


@pytest.mark.parametrize("text", CHANGES)
def test_wrong_changes(tmp_path: Path, text: str) -> None:
    """What --set is given is held to the same."""
    path = estate(tmp_path)
    assert CHANGES[text] in refused("plan", path, "--set", text, "--out", tmp_path / "out", left=tmp_path)


def test_all_wrong_changes_at_once(tmp_path: Path) -> None:
    """Two unknown settings are two lines."""
    path = estate(tmp_path)
    text = refused("plan", path, "--set", "limit.x=1", "--set", "search.y=2", "--out", tmp_path / "out")
    assert len(text.splitlines()) == 2


STUDIES = {
    "axes: {limits.cpu_ceilin: [1]}": "Did you mean 'limits.cpu_ceiling'?",
    "axes: {limits.cpu_ceiling: []}": "or a list of at least 1.",
    "axes: {limits.cpu_ceiling: [0.5, 0.5]}": "A value is there twice",
    "axes: {limits.cpu_ceiling: [7]}": "Expected a number of at most 1.",
    "axes: {search.seed: [1]}": "Seeds are given under 'seeds'",
    "seeds: [1, 1]": "A seed is there twice",
    "seeds: [-1]": "Expected a number of at least 0.",
    "settings: {limits: {x: 1}}": "settings.limits.x: Is unknown",
    "rules: nowhere.yaml": "Does not exist",
    "colour: red": "colour",
}


@pytest.mark.parametrize("text", STUDIES)
def test_wrong_studies(tmp_path: Path, text: str) -> None:
    """A study that is wrong is told so before anything is computed."""
    assert STUDIES[text] in asked(tmp_path, "study", f"inventory: estate\n{text}\n")


def test_unknown_executor(tmp_path: Path) -> None:
    """An executor that is none is told what there is."""
    path = estate(tmp_path)
    (tmp_path / "study.yaml").write_text(f"inventory: {path.name}\n", encoding="utf-8")
    for text in ("threads", "processes:0", "processes:x", "dask:"):
        found = said("study", tmp_path / "study.yaml", "--executor", text, "--out", tmp_path / "out")
        assert (found.status, "known are serial, processes:N" in found.err) == (2, True)
