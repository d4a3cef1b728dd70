"""Migration of virtual machines: how long it takes, how long the VM pauses, what is sent, and whether it ends."""

from models.laws.migration.constants import MB_PER_MIB, MBIT_PER_MIB, PUBLISHED, Constants
from models.laws.migration.convergence import Needs, needs
from models.laws.migration.guests import Guests, Paths
from models.laws.migration.images import Suspended, image_share, suspended
from models.laws.migration.machines import SERVER, Machine, machine
from models.laws.migration.planned import Precopy, cold, dirty_estimate, energy_j, precopy
from models.laws.migration.planned_by import planned
from models.laws.migration.prediction import Prediction, predict
from models.laws.migration.techniques import TECHNIQUES, Options

__all__ = [
    "MBIT_PER_MIB",
    "MB_PER_MIB",
    "PUBLISHED",
    "SERVER",
    "TECHNIQUES",
    "Constants",
    "Guests",
    "Machine",
    "Needs",
    "Options",
    "Paths",
    "Precopy",
    "Prediction",
    "Suspended",
    "cold",
    "dirty_estimate",
    "energy_j",
    "image_share",
    "machine",
    "needs",
    "planned",
    "precopy",
    "predict",
    "suspended",
]  # fmt: skip
