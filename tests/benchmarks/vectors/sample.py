"""The shared packing instances: a sample of them, and how results compare with the best known values."""

import csv
import os
import random
import tarfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

FAMILIES = ("New", "Panigrahy", "Triplet")
SIZE = 150
"""Instances of a sample."""

_DEFAULT = Path(__file__).parents[4] / "shared" / "data"


def folder() -> Path:
    """Return where the shared instances are; the variable CONSOLIDATE_DATA says where data are."""
    return Path(os.environ.get("CONSOLIDATE_DATA", _DEFAULT)) / "vbp"


def extracted(target: Path) -> list[Path]:
    """Unpack all families and return their files, one folder a family."""
    for family in FAMILIES:
        with tarfile.open(folder() / f"{family}.tar.gz") as archive:
            archive.extractall(target, filter="data")
    return sorted(path for family in FAMILIES for path in (target / family).glob("*.vbp"))


def drawn(paths: list[Path], size: int, seed: int) -> list[Path]:
    """Return a sample: family, class and number of items are drawn as evenly as they allow."""
    strata: dict[tuple[str, ...], list[Path]] = defaultdict(list)
    for path in paths:
        strata[(path.parent.name, *path.stem.split("_")[:2])].append(path)
    generator, chosen = random.Random(seed), list[Path]()
    for each in strata.values():
        generator.shuffle(each)
    while len(chosen) < min(size, len(paths)):
        turn = [key for key, left in strata.items() if left]
        generator.shuffle(turn)
        chosen.extend(strata[key].pop() for key in turn[: size - len(chosen)])
    return sorted(chosen)


@dataclass
class Tally:
    """How a family's results compare with the best known values."""

    instances: int = 0
    known: int = 0
    bins: int = 0
    optimum: int = 0
    published: int = 0
    proven: int = 0
    above: list[str] = field(default_factory=list)
    better: list[str] = field(default_factory=list)

    def add(self, name: str, bins: int, status: str, optimum: int, published: int) -> None:
        """Count one result."""
        self.instances += 1
        self.proven += status == "optimal"
        if bins > published:
            self.above.append(f"{name} {bins} > {published}")
        if optimum > 0:
            self.known, self.bins, self.optimum = self.known + 1, self.bins + bins, self.optimum + optimum
            self.published += published
        elif bins < published:
            self.better.append(f"{name} {bins} < {published}")

    def text(self, family: str) -> str:
        """Tell it in words."""
        gap, before = ((100 * (each / max(self.optimum, 1) - 1)) for each in (self.bins, self.published))
        return (
            f"{family}: {self.instances} instances, {self.proven} proven optimal; {self.known} with known optimum: "
            f"{self.bins} bins against {self.optimum} ({gap:.2f} %; best published heuristic {before:.2f} %)\n"
            f"  above the best published heuristic: {len(self.above)} {', '.join(self.above)}\n"
            f"  below it, optimum unknown: {len(self.better)} {', '.join(self.better)}\n"
        )


def best_known(family: str) -> dict[str, tuple[int, int]]:
    """Return each instance's optimum (-1 if unknown) and the best value of a published heuristic."""
    with (folder() / f"{family}_best_known.csv").open() as stream:
        return {row["instance_name"]: (int(row["OPT"]), int(row["best_overall"])) for row in csv.DictReader(stream)}


def summary(results: list[tuple[str, str, int, str]]) -> str:
    """Return how results (family, instance, bins, status) compare with the best known values."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    known = {family: best_known(family) for family in {result[0] for result in results}}
    for family, name, bins, status in results:
        tallies[family].add(name, bins, status, *known[family][name])
    return "".join(tally.text(family) for family, tally in sorted(tallies.items()))
