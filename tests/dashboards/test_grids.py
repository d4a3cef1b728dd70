"""Tables as JSON."""

import json

import pandas as pd

from dashboards.grids import COLUMNS, dataset, headings
from models.tables import GAINS, HOST_TOTALS, HOSTS, MERITS, MOVES, TECHNOLOGIES, VM_TOTALS
from tests.dashboards import estates, prices, weeks


def test_values_survive() -> None:
    """Text is a list of words and a code for each row; numbers and flags are plain; NaN is null."""
    table = pd.DataFrame(
        {"host": ["b", "a", "b"], "cpu_share_before": [0.5, None, 0.25], "on_before": [True, False, True]}
    )
    host, share, on = json.loads(dataset("other", table, HOSTS))["columns"]
    assert [host["words"][code] for code in host["values"]] == ["b", "a", "b"]
    assert share["values"] == [0.5, None, 0.25]
    assert share["kind"] == "share"
    assert on["values"] == [True, False, True]


def test_a_long_table_is_cut_and_says_so() -> None:
    """A table over its budget keeps its first rows, and tells how many there are."""
    table = estates.plan(vms=1200, moves=1000)["moves"]
    text = dataset("moves", table, MOVES, budget=20_000)
    cut = json.loads(text)
    assert len(text) <= 20_000
    assert cut["total"] == 1000
    assert 0 < cut["rows"] < 1000
    assert len(cut["columns"][0]["values"]) == cut["rows"]


def test_columns_shown_are_the_contract_s() -> None:
    """No column is shown that the contract does not have; a move's reason is among them."""
    assert set(COLUMNS["moves"]) <= set(MOVES)
    assert set(COLUMNS["hosts"]) <= set(HOSTS)
    assert "reason" in COLUMNS["moves"]
    for name, contract in (("technologies", TECHNOLOGIES), ("gains", GAINS), ("merits", MERITS)):
        assert set(COLUMNS[name]) == set(contract)


def test_what_virtualization_takes_stands_beside_what_is_reserved() -> None:
    """In the hosts' table overhead, headroom and ready time follow right after the reserved CPU."""
    shown = list(COLUMNS["hosts"])
    first = shown.index("cpu_share_after") + 1
    telling = ["guest_overhead_mhz_after", "host_overhead_mhz_after", "headroom_mhz_after", "ready_share_after"]
    assert shown[first : first + 4] == telling
    assert first + 4 <= 10


def test_settings_are_called_without_their_group() -> None:
    """A setting of a study is called by its own name, except where two settings, or a column, are called alike."""
    names = ["axis.overhead.net_path", "axis.limits.seconds", "axis.search.seed", "seconds", "seed"]
    table = pd.DataFrame(columns=names)
    assert list(headings(table, {}).values()) == ["net_path", "limits.seconds", "search.seed", "Seconds", "Seed"]


def test_moves_have_the_runbook_s_number() -> None:
    """Moves are numbered from 1 by wave and start, in the first column, wherever they stand in the table."""
    table = estates.plan(moves=3)["moves"].assign(wave=[2, 1, 1], start_s=[9.0, 5.0, 0.0])
    first = json.loads(dataset("moves", table, MOVES))["columns"][0]
    assert (first["label"], first["values"]) == ("#", [3, 2, 1])


def test_who_gains_most_comes_first() -> None:
    """Gains are listed from the largest down, whatever the table's order; one that is not known comes last."""
    table = prices.gains(4).assign(gain_mhz=[1.0, 9.0, float("nan"), 4.0])
    columns = {column["name"]: column for column in json.loads(dataset("gains", table, GAINS))["columns"]}
    assert columns["gain_mhz"]["values"] == [9.0, 4.0, 1.0, None]
    assert columns["vm"]["words"][0] == "app01-vm-001"


def test_a_simulation_s_hosts_are_shown_whole() -> None:
    """The choice of columns of a plan's hosts is not that of a simulation's, which share the name."""
    columns = json.loads(dataset("hosts", weeks.tables(steps=3)["hosts"], HOST_TOTALS))["columns"]
    assert [column["name"] for column in columns] == list(HOST_TOTALS)


def test_tiny_shares_and_pauses_keep_their_digits() -> None:
    """Shares of some millionths have four digits of a percentage; durations below a minute are in seconds."""
    table = weeks.blank(VM_TOTALS, 2, 3.0).assign(migration_loss_share=[2.9e-5, 0.0], downtime_s=[0.35, 59.0])
    columns = {column["name"]: column for column in json.loads(dataset("vms", table, VM_TOTALS))["columns"]}
    assert columns["migration_loss_share"]["values"] == [2.9e-5, 0.0]
    assert columns["migration_loss_share"]["digits"] == 4
    assert columns["downtime_s"]["brief"]


def test_ratios_keep_their_digits() -> None:
    """Beside 100, a ratio of 1.164 is not rounded to 1.2."""
    column = json.loads(dataset("technologies", prices.technologies(), TECHNOLOGIES))["columns"][2]
    assert (column["label"], column["kind"]) == ("CPU ratio", "ratio")
    assert {100.1, 1.164, 1.002} <= set(column["values"])
