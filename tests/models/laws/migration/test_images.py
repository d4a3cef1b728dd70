"""Suspend and resume with an older image at the destination, by hand."""

import numpy as np
import pytest

from models.errors import InputError
from models.laws.migration import MBIT_PER_MIB, PUBLISHED, image_share, suspended

LINK_MBPS = 100 * MBIT_PER_MIB / PUBLISHED.efficiency
"""A path that carries 100 MiB/s."""


def test_all_is_sent_where_there_is_no_image() -> None:
    """1,000 MiB at 100 MiB/s while the guest stands still."""
    found = suspended(1000.0, LINK_MBPS)
    assert found.transferred_mib[0] == pytest.approx(1000)
    assert found.downtime_ms[0] == pytest.approx(10_000 + PUBLISHED.resume_ms)
    assert found.duration_s[0] == pytest.approx(10 + PUBLISHED.resume_ms / 1000 + PUBLISHED.setup_s)


def test_only_what_changed_is_sent() -> None:
    """200 MiB changed of 1,000; of the others digests of 16 bytes a page are sent, 3.9 MiB for all."""
    found = suspended(1000.0, LINK_MBPS, image_age_h=5.0, changed_mib=200.0)
    assert found.transferred_mib[0] == pytest.approx(200 + 1000 / 256)


def test_older_images_are_worth_less() -> None:
    """Between 50 and 70 % after two hours, between 20 and 50 % after a day, nothing if there is none."""
    assert 0.5 < image_share(2.0) < 0.7
    assert 0.2 < image_share(24.0) < 0.5
    assert image_share(np.nan) == 0
    sent = suspended(1000.0, LINK_MBPS, image_age_h=[0.1, 2.0, 24.0, np.nan]).transferred_mib
    assert (np.diff(sent) > 0).all()


def test_disks_may_be_slower_than_the_path() -> None:
    """All memory goes through disks of 20 MiB/s, changed or not."""
    found = suspended(1000.0, LINK_MBPS, image_age_h=5.0, changed_mib=0.0, disk_mib_s=20.0)
    assert found.downtime_ms[0] == pytest.approx(50_000 + PUBLISHED.resume_ms)


def test_input_is_checked() -> None:
    """Memory below zero is an error that says so."""
    with pytest.raises(InputError, match="touched_mib of a migration must be 0 or more; found -1"):
        suspended(-1.0, 100.0)
