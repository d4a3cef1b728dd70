"""Equivalence, efficiency and resource control, as questions to the catalog."""

import numpy as np
import pytest

from models.errors import InputError
from models.requirements import (
    complexity,
    efficient,
    equipped,
    family,
    flexibility,
    isolation,
    obstacle,
    performance,
)
from models.technology import standard

LINUX = frozenset({"linux"})


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        ("Microsoft Windows Server 2022 (64-bit)", "windows"),
        ("win10", "windows"),
        ("WIN2019", "windows"),
        ("CentOS 7 (64-bit)", "linux"),
        ("Red Hat Enterprise Linux 8", "linux"),
        ("SLES 15", "linux"),
        ("Arch", "linux"),
        ("FreeBSD 13", "bsd"),
        ("OPNsense", "bsd"),
        ("Oracle Solaris 11", "solaris"),
        ("Apple macOS 11", ""),
        ("darwin11_64Guest", ""),
        ("Research appliance", ""),
        ("Search appliance", ""),
        ("Other", ""),
        ("", ""),
    ],
)
def test_family(system: str, expected: str) -> None:
    """A name tells its family by whole words, in capitals or not; what is not known is empty."""
    assert family(system) == expected


@pytest.mark.parametrize(
    ("technology", "guest", "expected"),
    [
        ("hardware-assisted", "windows", ""),
        ("binary-translation", "solaris", ""),
        ("para-virtual", "linux", ""),
        ("para-virtual", "windows", "para-virtual needs a modified kernel, and that of Windows cannot be modified"),
        ("container", "linux", ""),
        ("container", "", ""),
        ("container", "windows", "container shares the kernel of its host, and no host runs windows"),
        ("application-jit", "linux", "application-jit runs programs, not systems"),
        ("application-jit", "", "application-jit runs programs, not systems"),
    ],
)
def test_equivalence(technology: str, guest: str, expected: str) -> None:
    """Why a guest cannot run as it is, in words; empty if it can, or is not known."""
    assert obstacle(standard(), technology, guest, LINUX) == expected


def test_a_container_of_windows() -> None:
    """It runs where some host has its kernel."""
    assert obstacle(standard(), "container", "windows", frozenset({"linux", "windows"})) == ""


def test_unknown_technology() -> None:
    """It lists the known ones."""
    with pytest.raises(InputError, match="'magic' is unknown; known are native"):
        obstacle(standard(), "magic", "linux", LINUX)


def able(technology: str, devices: str = "") -> set[str]:
    """Return the processors on which a technology runs."""
    found = equipped(standard(), technology, devices)
    return {standard().microarchitectures.keys[row] for row in np.flatnonzero(found)}


def test_equipped() -> None:
    """Shadow paging needs VT-x, two-stage mapping EPT too, direct assignment a memory unit; containers nothing."""
    everyone = set(standard().microarchitectures.keys)
    assert able("container") == able("binary-translation") == everyone
    assert able("shadow-paging") == everyone - {"p4-xeon"}
    assert able("hardware-assisted") == everyone - {"p4-xeon", "prescott", "merom", "penryn"}
    assert able("hardware-assisted", "iommu") == able("hardware-assisted") - {"xgene2"}
    assert able("container", "iommu") == able("hardware-assisted", "iommu")


def test_efficiency() -> None:
    """The bound itself is within it."""
    catalog = standard().overlaid({"parameters": {"efficiency_bound": 1.5}})
    assert [efficient(catalog, slowdown) for slowdown in (1.0, 1.5, 1.51)] == [True, True, False]


@pytest.mark.parametrize(
    ("technology", "expected"),
    [("native", 1), ("container", 2), ("user-mode-kernel", 3), ("hardware-assisted", 4), ("application-jit", 5)],
)
def test_isolation(technology: str, expected: int) -> None:
    """An address space is 2, a kernel of one's own and a boundary in hardware one more each, verified types three."""
    assert isolation(standard(), technology) == expected


@pytest.mark.parametrize(
    ("technology", "expected"),
    [("interpreter", 5), ("hardware-assisted", 3), ("container", 2), ("application-jit", 3), ("aot-translation", 4)],
)
def test_flexibility(technology: str, expected: int) -> None:
    """Foreign instructions count twice, foreign systems and unmodified binaries once each, beyond 1."""
    assert flexibility(standard(), technology) == expected


@pytest.mark.parametrize(("technology", "expected"), [("native", 1), ("container", 3), ("hardware-assisted", 5)])
def test_complexity(technology: str, expected: int) -> None:
    """One more than the parts."""
    assert complexity(standard(), technology) == expected


def test_complexity_ends_at_five() -> None:
    """However many parts there are."""
    catalog = standard().overlaid({"technologies": {"mine": {"parts": "a;b;c;d;e;f"}}})
    assert complexity(catalog, "mine") == 5


def test_performance() -> None:
    """Each step of the catalog is within its merit; beyond the last one it is 1."""
    steps = {"merit_slowdown_5": 1, "merit_slowdown_4": 2, "merit_slowdown_3": 3, "merit_slowdown_2": 4}
    catalog = standard().overlaid({"parameters": steps})
    assert [performance(catalog, slowdown) for slowdown in (0.9, 1, 1.1, 2, 2.5, 3.5, 4, 99)] == [
        5,
        5,
        4,
        4,
        3,
        2,
        2,
        1,
    ]


def test_grades_are_from_1_to_5() -> None:
    """For every technology."""
    for technology in standard().technologies.keys:
        for grade in (isolation, flexibility, complexity):
            assert 1 <= grade(standard(), technology) <= 5
