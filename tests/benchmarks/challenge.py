"""The files of the ROADEF/EURO challenge of 2012: models, assignments, and what they mean as a problem of ours."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from models.arrays import Ints, Rows, frozen
from models.costs import Balance, Cost, Distance, Excess, MostMoved, Moves, Sum
from models.problem import Problem
from models.rules import Dependency, LeastPlaces, Rule, Spread


def numbers(path: Path) -> Ints:
    """Return all whole numbers of a file, plain or .gz."""
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    found: Ints = np.fromstring(raw.decode("ascii"), np.int64, sep=" ")
    return found


class Numbers:
    """The numbers of a file, taken one after the other."""

    def __init__(self, values: Ints) -> None:
        self.values, self.at = values, 0

    def one(self) -> int:
        """Take one number."""
        return int(self.take(1)[0])

    def take(self, count: int, width: int = 0) -> Ints:
        """Take so many numbers, or rows of a width."""
        size = count * max(width, 1)
        if self.at + size > len(self.values):
            raise ValueError(f"The file ends early: {len(self.values)} numbers, at least {self.at + size} expected.")
        found = self.values[self.at : self.at + size]
        self.at += size
        return found.reshape(count, width) if width else found


def problem(model: Path, assignment: Path) -> Problem:
    """
    Read a model and the assignment at the start.

    Locations and neighbourhoods become levels, services rules; one stage sums up all costs.
    """
    start = numbers(assignment)
    given = Numbers(numbers(model))
    dims = given.one()
    transient, load_weight = given.take(dims, 2).T
    hosts = given.one()
    machines = given.take(hosts, 2 + 2 * dims + hosts)
    services = given.one()
    least, needs = np.zeros(services, np.int64), []
    for service in range(services):
        least[service], count = given.take(2)
        needs.append(given.take(int(count)))
    vms = given.one()
    table = given.take(vms, dims + 2)
    balances = [given.take(4).copy() for _ in range(given.one())]
    move, team, way = (int(each) for each in given.take(3))
    if given.at != len(given.values) or len(start) != vms:
        spare = len(given.values) - given.at
        raise ValueError(f"{model.name} has {spare} numbers too many; {assignment.name} {len(start)} for {vms} VMs.")
    teams = members(table[:, 0], services)
    stage: list[Cost] = [Excess(load_weight.copy(), machines[:, 2 + dims : 2 + 2 * dims].copy())]
    stage.extend(Balance(*(int(each) for each in balance)) for balance in balances)
    stage.append(Moves(move * table[:, dims + 1]))
    stage.append(MostMoved(teams, team))
    stage.append(Distance(frozen(machines[:, 2 + 2 * dims :], np.int32), way))
    return Problem.of(
        table[:, 1 : 1 + dims],
        machines[:, 2 : 2 + dims],
        start=start,
        transient=transient,
        levels={"neighbourhood": machines[:, 0], "location": machines[:, 1]},
        rules=list(rules(teams, least, needs)),
        costs=[Sum(tuple(stage))],
    )


def members(service: Ints, services: int) -> tuple[Rows, ...]:
    """Return the processes of each service."""
    order = np.argsort(service, kind="stable").astype(np.int32)
    return tuple(np.split(order, np.cumsum(np.bincount(service, minlength=services))[:-1]))


def rules(teams: tuple[Rows, ...], least: Ints, needs: list[Ints]) -> Iterator[Rule]:
    """Yield what the challenge calls conflict, spread and dependency."""
    for vms, places, on in zip(teams, least, needs, strict=True):
        if len(vms) > 1:
            yield Spread(vms=vms)
        if places > 1:
            yield LeastPlaces(vms=vms, level="location", least=int(places))
        for other in on:
            yield Dependency(vms=vms, on=teams[other], level="neighbourhood")


def transient_excess(problem: Problem, host: Rows) -> int:
    """Return on how many hosts and dims the VMs that are there and those that have left hold more than there is."""
    gone = np.flatnonzero(host != problem.start)
    held = problem.load(host)
    np.add.at(held, problem.start[gone], problem.need(problem.start)[gone])
    return int((held > problem.capacity)[:, problem.transient].sum())
