"""Predictions of live migrations, by technique."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import InputError
from models.laws.migration import SERVER, TECHNIQUES, Guests, Options, Paths, Prediction, machine, predict
from models.laws.migration.writing import PATTERNS

HEADER = 4104 / 4096


def busy(by: str | Options, dirty: float = 400.0, rate: float = 100.0, **of: float) -> Prediction:
    """Predict a guest of 2 GiB that writes to 512 MiB of it."""
    guests = Guests.of(2048.0, dirty, working_set_mib=512.0, **of)
    return predict(guests, Paths.of(rate), by, members=3)


@pytest.mark.parametrize("name", TECHNIQUES)
def test_every_technique_moves_an_idle_guest(name: str) -> None:
    """2 GiB of an idle guest are sent once, within the time for that and a few seconds, whatever the technique."""
    found = busy(name, dirty=0.0, rate=11.0)
    assert found.converges[0]
    assert found.sent_mib[0] == pytest.approx(2048 * HEADER, rel=1e-3)
    assert 2048 / 11 * HEADER < found.total_s[0] < 2048 / 11 * HEADER + 5


def test_the_pause_has_its_parts() -> None:
    """The pause is the final copy and the stop; the network finds the guest half a round trip later."""
    found = busy("pre-copy", dirty=10.0)
    assert found.downtime_ms[0] == pytest.approx(found.final_copy_ms[0] + SERVER.pause_ms)
    assert found.unreachable_ms[0] == pytest.approx(found.downtime_ms[0] + 0.1)


def test_what_does_not_end_says_what_would_help() -> None:
    """
    Random writes at 400 MiB/s to 512 MiB, over 100 MiB/s, leave a share 1 - 100/400 of these dirty at any moment.

    That is 384 MiB, which take a pause of 3.84 s. The rate has to be B = 400 (1 - 0.3 B / 512).
    """
    found = busy("pre-copy")
    assert not found.converges[0]
    assert found.downtime_needed_ms[0] == pytest.approx(3840 * HEADER, rel=0.01)
    assert found.bandwidth_needed_mib_s[0] == pytest.approx(400 / (1 + 400 * 0.3 / 512), rel=0.01)
    assert "never ends: 384 MiB stay dirty, and the pause of 300 ms sends 30 MiB" in found.reason[0]


@pytest.mark.parametrize("remedy", ["bandwidth", "downtime", "throttle"])
def test_what_would_help_does(remedy: str) -> None:
    """With a tenth more than the rate, pause or slowing-down that was asked for it ends; with a tenth less not."""
    first = busy("pre-copy")
    rate, limit, dirty = 100.0, 300.0, 400.0
    verdicts = []
    for factor in (0.9, 1.1):
        if remedy == "bandwidth":
            rate = first.bandwidth_needed_mib_s[0] * factor
        elif remedy == "downtime":
            limit = first.downtime_needed_ms[0] * factor
        else:
            dirty = 400.0 * (1 - min(first.throttle_needed_share[0] * factor, 1.0))
        guests = Guests.of(2048.0, dirty, working_set_mib=512.0)
        verdicts.append(bool(predict(guests, Paths.of(rate, downtime_limit_ms=limit), members=1).converges[0]))
    assert verdicts == [False, True]


def test_techniques_that_end_what_pre_copy_cannot() -> None:
    """Throttling ends at the price of the guest's work; post-copy and the hybrid with a short pause."""
    throttled, posted, both = (busy(by) for by in ("auto-converge", "post-copy", "hybrid"))
    assert [each.converges[0] for each in (throttled, posted, both)] == [True] * 3
    assert throttled.throttled_share[0] > 0.5
    assert throttled.performance_loss_share[0] > 2 * busy("pre-copy", dirty=1.0).performance_loss_share[0]
    assert posted.downtime_ms[0] == both.downtime_ms[0] == SERVER.pause_ms
    assert posted.sent_mib[0] < both.sent_mib[0] < throttled.sent_mib[0]


def test_compression_sends_less_and_costs_cpu() -> None:
    """Pages that zlib halves: half the bytes and half the time on a slow link, and CPU at both ends."""
    plain, packed = (busy(by, dirty=0.0, rate=20.0, compressed_share=0.5) for by in ("pre-copy", "compression"))
    assert packed.sent_mib[0] == pytest.approx(plain.sent_mib[0] / 2, rel=0.01)
    assert packed.total_s[0] == pytest.approx(plain.total_s[0] / 2, rel=0.02)
    assert packed.cpu_source_s[0] > 10 * plain.cpu_source_s[0]


def test_compression_holds_a_fast_link_back() -> None:
    """On a link of 10 GiB/s two threads that compress decide, not the link."""
    found = busy(Options(compression=True, threads=2), dirty=0.0, rate=10_240.0)
    page_s = (SERVER.compress_hand_over_us + SERVER.compress_page_us / 2) / 1e6
    assert found.total_s[0] == pytest.approx(2048 * 256 * page_s, rel=0.02)


def test_encrypted_channels_add_up() -> None:
    """One TLS channel carries 5,274 Mbit/s, 628.7 MiB/s; four carry four times that on a link of 10 GiB/s."""
    one, four = (busy(Options(encrypted=True, channels=each), dirty=0.0, rate=10_240.0) for each in (1, 4))
    assert one.total_s[0] == pytest.approx(2048 * HEADER / 628.7 + 0.035, rel=0.01)
    assert one.total_s[0] == pytest.approx(4 * four.total_s[0], rel=0.05)


def test_remote_writes_take_no_cpu_and_pin_empty_memory() -> None:
    """RDMA moves bytes without the CPU; with pinned memory also those that are empty."""
    guests, paths = Guests.of(2048.0, touched_mib=1024.0), Paths.of(1000.0)
    plain, pinned = (predict(guests, paths, by, members=1) for by in ("rdma", "rdma-pinned"))
    assert plain.cpu_destination_s[0] == 0
    assert pinned.sent_mib[0] == pytest.approx(2048, rel=0.01)
    assert plain.sent_mib[0] == pytest.approx(1024, rel=0.01)


def test_a_sender_faster_than_its_path_loses_packets() -> None:
    """Where a machine loses 5 % to a sender's faster port, the copy takes 1/0.95 as long."""
    guests, grid = Guests.of(2048.0), machine("grid5000")
    even, faster = (predict(guests, Paths.of(50.0, source_mib_s=port), machine=grid) for port in (50.0, 100.0))
    longer = (faster.total_s - grid.setup_s) / (even.total_s - grid.setup_s)
    assert longer[0] == pytest.approx(1 / (1 - grid.overrun_share), rel=0.01)


def test_energy_is_that_of_both_ends_together() -> None:
    """0.512 J for each megabyte sent, and 20.165 J."""
    found = busy("pre-copy", dirty=0.0)
    both = found.energy_source_j[0] + found.energy_destination_j[0]
    assert both == pytest.approx(0.512 * found.sent_mib[0] * 1.048576 + 20.165)
    assert found.energy_destination_j[0] > found.energy_source_j[0]


@pytest.mark.parametrize(
    ("touched", "working", "dirty", "rate", "channels", "seconds"),
    [(3_890, 0, 0, 3110, 1, 8.8), (28_467, 24_576, 1500, 2623, 1, 34.7), (28_467, 24_576, 1500, 4005.3, 8, 18.7)],
)
def test_published_migrations_are_met(
    touched: float, working: float, dirty: float, rate: float, channels: int, seconds: float
) -> None:
    """A guest of 192 GiB that sweeps 24 GiB (QEMU 8.2, TLS kit) takes what the law says, within 10 %."""
    guests = Guests.of(196_608.0, dirty, touched_mib=touched, working_set_mib=working, pattern="cyclic")
    found = predict(guests, Paths.of(rate), Options(channels=channels))
    assert found.converges[0]
    assert found.total_s[0] == pytest.approx(seconds, rel=0.1)


def test_published_migration_that_never_ends() -> None:
    """The same guest was given up over one TLS channel."""
    guests = Guests.of(196_608.0, 1500.0, touched_mib=28_467.0, working_set_mib=24_576.0, pattern="cyclic")
    assert not predict(guests, Paths.of(628.7), "tls").converges[0]


def test_rows_are_independent() -> None:
    """Four migrations by four techniques give what each gives alone."""
    names = ["pre-copy", "xen", "auto-converge", "xbzrle"]
    dirty = np.array([10.0, 50.0, 400.0, 200.0])
    together = predict(Guests.of(np.full(4, 1024.0), dirty), Paths.of(100.0), names, members=2)
    alone = [
        predict(Guests.of(1024.0, rate), Paths.of(100.0), by, members=2) for rate, by in zip(dirty, names, strict=True)
    ]
    for field in Prediction.__dataclass_fields__:
        assert getattr(together, field).tolist() == [getattr(each, field)[0] for each in alone], field


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    st.floats(0.0, 1e6), st.floats(0.0, 1.5), st.floats(0.0, 2.0), st.floats(0.0, 1e6), st.floats(0.01, 1e6),
    st.sampled_from([1.0, 100.0, np.inf]), st.floats(1e-3, 1e5), st.sampled_from([1.0, 60.0, np.inf]),
    st.sampled_from(sorted(TECHNIQUES)), st.sampled_from(PATTERNS),
)  # fmt: skip
def test_extremes_are_finite(
    memory: float, filled: float, written: float, dirty: float, link: float, limit: float, pause_ms: float,
    timeout_s: float, by: str, pattern: str,
) -> None:  # fmt: skip
    """Whatever is asked for, all that is told is a number of the right sign, and all bytes take their time."""
    touched = memory * filled
    guests = Guests.of(memory, dirty, touched_mib=touched, working_set_mib=touched * written, pattern=pattern)
    found = predict(guests, Paths.of(link, limit, downtime_limit_ms=pause_ms, timeout_s=timeout_s), by, members=1)
    for name in Prediction.__dataclass_fields__:
        values = getattr(found, name)
        assert values.dtype.kind != "f" or (np.isfinite(values) & (values >= 0)).all(), name
    assert found.total_s[0] >= found.sent_mib[0] / link * 0.99
    assert found.lost_s[0] <= found.total_s[0] * (1 + 1e-9)


def test_no_guests() -> None:
    """No guests, no rows."""
    assert predict(Guests.of([], []), Paths.of(100.0)).total_s.shape == (0,)


def test_input_is_checked() -> None:
    """What makes no sense is an error that names it."""
    with pytest.raises(InputError, match="link_mib_s of a migration must be above 0; found 0"):
        Paths.of(0.0)
    with pytest.raises(InputError, match="dirty_mib_s of a migration must be 0 or more; found nan"):
        Guests.of(1.0, np.nan)
    with pytest.raises(InputError, match="one of the patterns cyclic, uniform, hotcold; found zigzag"):
        Guests.of(1.0, pattern="zigzag")
    with pytest.raises(InputError, match=r"A technique of migration is one of pre-copy, .*; found telepathy"):
        predict(Guests.of(1.0), Paths.of(1.0), "telepathy")
    with pytest.raises(InputError, match="2 guests need as many paths and techniques"):
        predict(Guests.of([1.0, 1.0]), Paths.of([1.0, 1.0, 1.0]))
