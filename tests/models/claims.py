"""What VMs claim of hosts, for tests of how it is shared."""

import numpy as np

from models.physics import Claims
from models.residents import Role

HOME, LEAVING, ARRIVING = Role.HOME, Role.LEAVING, Role.ARRIVING


def claims(
    *rows: tuple[float, Role], capacity: float = 1000.0, core: float = 1000.0, taken: float = 0.0, stalled: float = 0.0
) -> Claims:
    """Return what rows of (MHz, role) claim of one host."""
    size = len(rows)
    return Claims(
        demand_mhz=np.array([mhz for mhz, _ in rows], np.float64), role=np.array([role for _, role in rows], np.int64),
        place=np.zeros(size, np.int64), vm=np.arange(size), host=np.array([0]), capacity_mhz=np.array([capacity]),
        core_mhz=np.array([core]), taken_mhz=np.array([taken]), stalled=np.array([stalled]),
    )  # fmt: skip
