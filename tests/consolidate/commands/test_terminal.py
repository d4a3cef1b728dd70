"""What a plan says on a terminal."""

from pathlib import Path

import pandas as pd
import pytest

from consolidate.commands.terminal import summary_lines
from tests.dashboards import factory


@pytest.mark.parametrize(
    ("once", "said"), [(-2011.0, "2,011 EUR earned once"), (0.0, "0 EUR spent once"), (23.4, "23 EUR spent once")]
)
def test_money_once(once: float, said: str) -> None:
    """Money that is earned is called so, and has no minus sign."""
    summary = factory.summary(saving_eur_year=16_227.0, once_eur=once)
    shown = list(summary_lines(summary, pd.DataFrame({"severity": []}), Path("out")))
    assert f"  saving     16,227 EUR a year, {said}" in shown
