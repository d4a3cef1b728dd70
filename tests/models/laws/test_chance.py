"""How often a limit may be exceeded."""

import pytest

from models.laws.chance import allowed, upper


def test_allowed_samples() -> None:
    """1 % of 300 samples are 3; of 50 none; a share that binary fractions miss is not lost: 0.07 of 100 are 7."""
    assert [allowed(300, 0.01), allowed(50, 0.01), allowed(100, 0.07)] == [3, 0, 7]


def test_confidence_allows_fewer() -> None:
    """With a confidence fewer samples may be beyond, fewer still where samples resemble each other."""
    plain, sure, alike = allowed(2016, 0.05), *(allowed(2016, 0.05, confidence=0.95, together=n) for n in (1, 12))
    assert plain > sure > alike > 0


def test_upper_end_by_hand() -> None:
    """Of none seen in n samples Wilson's upper end is z² / (n + z²): 2.7055 / 102.7055 at 95 % and 100 samples."""
    assert upper(0.0, 100, 0.95) == pytest.approx(2.7055 / 102.7055, abs=1e-5)
