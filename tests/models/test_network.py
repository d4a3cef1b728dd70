"""What platforms let run at once."""

import pytest

from models import catalog
from models.errors import InputError
from models.network import platform


@pytest.mark.parametrize(
    ("name", "outgoing", "incoming", "per_host", "total"),
    [("vsphere", 8, 8, 8, 0), ("vsphere-1gbe", 4, 4, 4, 0), ("nova", 1, 1, 2, 6), ("kubevirt", 2, 2, 4, 5)],
)
def test_published_limits(name: str, outgoing: int, incoming: int, per_host: int, total: int) -> None:
    """The limits are those that the platforms document."""
    found = platform(name)
    assert (found.outgoing, found.incoming, found.per_host, found.total) == (outgoing, incoming, per_host, total)


def test_all_platforms() -> None:
    """Every platform of the catalog lets something move."""
    for row in catalog.rows("platforms"):
        found = platform(row["platform"])
        assert min(found.outgoing, found.incoming, found.per_host) > 0


def test_unknown() -> None:
    """An unknown platform is an error that lists the known ones."""
    with pytest.raises(InputError, match=r"'cloud' is unknown; known are .*vsphere"):
        platform("cloud")
