"""The life of a host."""

from enum import IntEnum


class Life(IntEnum):
    """Off, booting, on, stopping, or failed."""

    OFF = 0
    BOOTING = 1
    ON = 2
    STOPPING = 3
    FAILED = 4


OFF, BOOTING, ON, STOPPING, FAILED = (int(each) for each in Life)
"""The same as plain numbers, which are quicker to get at."""
