"""CloudSim's laws and oddities one by one."""

from dataclasses import fields

import numpy as np
import pytest

from models import cloudsim
from models.cloudsim import QUIRKS, Oversubscribed, Tables, draw, half_billed, physics
from models.physics import OURS, held
from tests.models.claims import ARRIVING, HOME, LEAVING, claims

CURVE = np.array([[100.0, 110, 130, 140, 150, 160, 170, 180, 190, 200, 220]])


def test_all_are_served_where_there_is_enough() -> None:
    """300 and 500 of 1000 MHz."""
    found = Oversubscribed()(claims((300, HOME), (500, HOME)))
    assert found.served_mhz.tolist() == [300, 500]
    assert (found.used_mhz[0], bool(found.short[0])) == (800, False)


def test_a_short_host_hands_out_whole_mips() -> None:
    """Of 700 and 800 MHz two thirds each of 1000: 466.7 and 533.3, without their fractions."""
    found = Oversubscribed()(claims((700, HOME), (800, HOME)))
    assert found.served_mhz.tolist() == [466, 533]
    assert (found.used_mhz[0], found.asked_mhz[0], bool(found.short[0])) == (999, 1500, True)
    whole = Oversubscribed(floors=False)(claims((700, HOME), (800, HOME)))
    assert whole.served_mhz.tolist() == pytest.approx([1400 / 3, 1600 / 3])


def test_a_vm_gets_at_most_a_core() -> None:
    """1500 MHz on cores of 1000, of which there are two: 500 are lacking, though the host has them."""
    for capped, served in ((True, 1000), (False, 1500)):
        found = Oversubscribed(capped=capped)(claims((1500, HOME), capacity=2000))
        assert (found.served_mhz[0], bool(found.short[0])) == (served, capped)


def test_a_vm_that_leaves_gets_nine_tenths() -> None:
    """And its host is as busy as if it got all."""
    found = Oversubscribed()(claims((500, LEAVING)))
    assert (found.served_mhz[0], found.used_mhz[0], bool(found.short[0])) == (450, 500, False)


def test_a_vm_that_arrives_gets_a_tenth_and_its_host_violates() -> None:
    """It is asked for 500 MHz and gives 50; without the oddity it is asked for no more than that."""
    found = Oversubscribed()(claims((500, ARRIVING)))
    assert (found.served_mhz[0], found.asked_mhz[0], bool(found.short[0])) == (50, 500, True)
    fair = Oversubscribed(arrivals_asked=False)(claims((500, ARRIVING)))
    assert (fair.asked_mhz[0], bool(fair.short[0])) == (50, False)


def test_on_a_short_host_vms_on_their_way_get_parts_of_their_parts() -> None:
    """
    900 MHz at home, 900 leaving and 2000 arriving, of which 200 count: each gets half of its need.

    450, nine tenths of 450, and a tenth of 1000; the one that leaves keeps its host as busy as 450 would.
    """
    found = Oversubscribed()(claims((900, HOME), (900, LEAVING), (2000, ARRIVING), core=2000))
    assert found.served_mhz.tolist() == [450, 405, 100]
    assert found.used_mhz[0] == pytest.approx(1000)


def test_the_draw_is_read_off_between_two_points() -> None:
    """At 5 % half-way between 100 and 110 W, at 10 % 110 W, at 95 % 210 W; above 100 %, by rounding, 220 W."""
    curves = np.repeat(CURVE, 5, axis=0)
    assert draw(np.array([0.05, 0.1, 0.95, 1.0, 1.0001]), curves).tolist() == pytest.approx([105, 110, 210, 220, 220])


def test_a_span_is_billed_by_the_mean_of_its_ends() -> None:
    """100 and 200 W: 150 W for 2 s; nothing if the host was empty at its start."""
    ends = np.array([100.0, 100.0]), np.array([200.0, 200.0]), np.array([True, False]), np.array([2.0, 2.0])
    assert half_billed(*ends).tolist() == [300, 0]


def test_memory_is_sent_once_at_half_a_link() -> None:
    """870 MB at 62.5 MB/s take 13.92 s, and nothing pauses."""
    found = cloudsim.sending(np.array([870.0]), np.ones(1), np.array([1000.0]), np.array([9.0]))
    assert (found.seconds[0], found.downtime_s[0], found.sent_mib[0]) == (13.92, 0, 870)


def test_names_are_hashed_as_java_does() -> None:
    """
    "2-0" is 50 × 31² + 45 × 31 + 48 = 49493, "2-9" 9 more: in a table of 16 they are in buckets 5 and 14.

    "2-11" is 31 × 49494 + 49 = 1534363, or with the upper half 23 mixed in 1534348: bucket 12.
    """
    order = Tables(12, 1).order(np.array([9, 11, 0]), np.array([0, 0, 0]))
    assert (49493 % 16, 49502 % 16, (1534363 ^ 23) % 16) == (5, 14, 12)
    assert order.tolist() == [2, 1, 0]


def test_a_table_grows_when_it_is_three_quarters_full_and_never_shrinks() -> None:
    """
    Of 49493 and 1534348 the first comes first in 16 buckets (5, 12), the second in 32 (21, 12).

    Twelve VMs leave a table at 16, the thirteenth doubles it for good.
    """
    tables, both, host = Tables(12, 1), np.array([0, 11]), np.array([0, 0])
    for count, order in ((12, [0, 1]), (13, [1, 0]), (2, [1, 0])):
        tables.entered(slice(None), np.array([count]))
        assert tables.order(both, host).tolist() == order


def test_the_order_of_the_table_does_not_change_who_gets_what() -> None:
    """Only roundings differ: the same 466 and 533 MHz."""
    found = Oversubscribed(tables=Tables(2, 1))(claims((700, HOME), (800, HOME)))
    assert found.served_mhz.tolist() == [466, 533]


def test_each_oddity_can_be_left_out() -> None:
    """What is left out changes just what its name says."""
    tables = Tables(1, 1)
    usual = physics(tables=tables)
    for name in set(QUIRKS) - {"hash-order", "private-links"}:
        other = physics([name], tables)
        changed = {each.name for each in fields(usual) if getattr(usual, each.name) != getattr(other, each.name)}
        assert changed == {CHANGES[name]}, name


CHANGES = {
    "idle-deleted": "idle",
    "arrivals-asked": "sharing",
    "half-billed": "metering",
    "empty-free": "switching_s",
    "whole-mhz": "sharing",
    "core-capped": "sharing",
    "unclosed": "closes",
    "pooled": "pooled",
}


def test_what_the_oddities_are() -> None:
    """With all of them left out, VMs are kept, spans are held and closed, links shared, and switching costs."""
    ours = physics(QUIRKS, Tables(1, 1))
    assert ours.sharing == Oversubscribed(floors=False, capped=False, arrivals_asked=False, tables=None)
    assert (ours.idle, ours.metering, ours.closes, ours.pooled) == ("kept", held, True, False)
    assert (ours.links, ours.sending, ours.switching_s) == ("shared", OURS.sending, 420)


def test_an_unknown_oddity() -> None:
    """It is told, not passed over."""
    with pytest.raises(KeyError, match="no-such"):
        physics(["no-such"])
