"""The agent that carries out a plan."""

from typing import TYPE_CHECKING

import mesa
import numpy as np

from models import acts
from models.agenda import Event
from models.arrays import NOWHERE
from models.execution import links
from models.execution.chances import Draw
from models.execution.conduct import Conduct
from models.execution.course import Course
from models.execution.orders import Manner, May, Order
from models.execution.replay import ways
from models.life import Life
from models.physics import Sending
from models.residents import Role

if TYPE_CHECKING:
    from models.datacenter import Datacenter


class Conductor(mesa.Agent):
    """
    Carries out a plan by dependency: begins what is released, looks what has landed, and lets links drop and hosts die.

    What is released, and what is done about what goes wrong, `Conduct` decides; what a copy takes is drawn, and the
    datacenter lets the time pass, serves the VMs meanwhile and draws power.

    Parameters
    ----------
    model
        The datacenter at its start, whose migrations do not share links: what they have is reserved by the plan.
    course, draw, manner, may
        See `models.execution.conduct.Conduct`.
    """

    model: "Datacenter"

    def __init__(self, model: "Datacenter", course: Course, draw: Draw, manner: Manner, may: May | None = None) -> None:
        super().__init__(model)
        self.course, self.draw, self.manner = course, draw, manner
        self.conduct = Conduct(course, draw, manner, may)
        self._going: dict[int, tuple[Order, float]] = {}
        self._still: dict[int, float] = {}
        self._losses = sorted(draw.losses, key=lambda loss: loss.time_s)
        self._changes = sorted({moment for drop in draw.drops for moment in (drop.start_s, drop.end_s)})
        self._left: dict[int, float] = {}
        self._called_s = float("inf")
        self._code = model.journal.code("plan")
        model.restarting[:] |= model.state.host == NOWHERE
        model.conductor = self
        self._call(0.0)

    @property
    def over(self) -> bool:
        """Whether the plan is carried out, as far as it can be."""
        return self.conduct.over

    def fail(self) -> None:
        """End copies that fail now, before they would land."""
        failing = {order.vm: task for task, (order, _) in self._going.items() if order.fails and order.live}
        if failing:
            for vm in self.model.flights.due(self.model.time_s).tolist():
                if vm in failing:
                    acts.cancel(self.model, self.model.flights.of(self.model.time_s, np.array([vm])))
                    self._end(failing[vm])

    def act(self) -> None:
        """Take notice of what has happened, and begin what is ordered."""
        model, time_s = self.model, self.model.time_s
        if self.over:
            return
        if not time_s and not self._going:
            model.state.settle(time_s)
        for task in [task for task in self._going if self._has_ended(task)]:
            self._end(task)
        self._stall()
        self._die()
        for order in self.conduct.orders(time_s):
            self._begin(order)
        self._drop()
        still_s = min(self._still.values(), default=float("inf")) + self.manner.stall_s
        coming = [self.conduct.next_s, still_s, *(loss.time_s for loss in self._losses[:1]), *self._changes[:1]]
        self._call(min(coming))

    def _call(self, time_s: float) -> None:
        """Have itself called at a moment."""
        if time_s < float("inf") and (time_s < self._called_s or self._called_s <= self.model.time_s):
            self._called_s = time_s
            self.model.agenda.enter(time_s, Event.CALLS, 0)

    def _has_ended(self, task: int) -> bool:
        order, end_s = self._going[task]
        state = self.model.state
        if order.kind != "copy":
            return bool(state.life[order.destination] == (Life.ON if order.kind == "boot" else Life.OFF))
        if order.live:
            return bool(state.residents.role[order.vm] != Role.LEAVING)
        return end_s <= self.model.time_s

    def _end(self, task: int) -> None:
        order, _ = self._going.pop(task)
        self._still.pop(task, None)
        if order.kind == "copy" and not order.live and not order.fails and order.source != order.destination:
            self._register(order)
        self.conduct.ended(task, self.model.time_s)
        self._press(order)

    def _press(self, order: Order) -> None:
        """
        Let a VM have as much memory as it has where it is.

        While its copy is under way one amount counts at both ends: the lesser, since the other end holds the rest only
        until memory was taken, or once it is given back.
        """
        if order.kind == "copy":
            under_way = order.less_mib if order.task in self._going else 0
            acts.press(self.model, order.vm, max(under_way, int(self.conduct.room.less_mib[order.vm])))

    def _register(self, order: Order) -> None:
        """Let a VM that is off, or on no host, be on one."""
        if order.source == NOWHERE and self.model.state.running[order.vm]:
            self.model.restarting[order.vm] = False
            acts.settle_in(self.model, order.vm, order.destination)
        else:
            self.model.state.residents.put(np.array([order.vm]), order.destination)

    def _begin(self, order: Order) -> None:
        model, time_s = self.model, self.model.time_s
        if order.kind == "restart":
            model.restarting[order.vm] = False
            acts.press(model, order.vm, 0.0)
            acts.settle_in(model, order.vm, order.destination)
            return
        self._going[order.task] = (order, time_s + order.seconds)
        self._press(order)
        if order.kind == "boot":
            acts.boot(model, order.destination, order.seconds)
        elif order.kind == "shutdown":
            acts.shut_down(model, order.destination, order.seconds)
        elif order.live:
            rate = self.course.moves.bandwidth_mbps[[max(order.task, ~order.task)]]
            acts.launch(
                model, np.array([order.vm]), np.array([order.destination]), self._load(order), np.array([self._code]),
                mbps=rate,
            )  # fmt: skip
        else:
            model.agenda.enter(time_s + order.seconds, Event.CALLS, 0)

    def _load(self, order: Order) -> Sending:
        """Return what a copy sends and takes: the pause grows with the time."""
        moves, move = self.course.moves, max(order.task, ~order.task)
        planned_s = float(self.course.seconds[move])
        pause_s = float(moves.downtime_ms[move]) / 1000 * (order.seconds / planned_s if planned_s else 1.0)
        return Sending(
            np.array([moves.transferred_mib[move]]), np.zeros(1), np.array([order.seconds]), np.array([pause_s])
        )

    def _stall(self) -> None:
        """Abort copies that made no progress for too long."""
        time_s = self.model.time_s
        for task in [task for task, since in self._still.items() if since + self.manner.stall_s <= time_s]:
            order, _ = self._going.pop(task)
            del self._still[task]
            acts.cancel(self.model, self.model.flights.of(time_s, np.array([order.vm])))
            self.conduct.stalled(task, time_s)
            self._press(order)

    def _die(self) -> None:
        while self._losses and self._losses[0].time_s <= self.model.time_s:
            host = self._losses.pop(0).host
            if self.model.state.life[host] != Life.FAILED:
                acts.fall(self.model, host)
            for task in self.conduct.died(host, self.model.time_s):
                order, _ = self._going.pop(task)
                self._still.pop(task, None)
                self._press(order)

    def _drop(self) -> None:
        """Let copies go at the pace that links allow now."""
        time_s, changed = self.model.time_s, bool(self._left)
        while self._changes and self._changes[0] <= time_s:
            self._changes.pop(0)
            self._left, changed = links.shares(self.draw.drops, time_s), True
        if not changed:
            return
        copies = [(task, order) for task, (order, _) in self._going.items() if order.kind == "copy" and order.live]
        paths = [ways(self.course, order) for _, order in copies]
        rates = self.course.moves.bandwidth_mbps[[max(task, ~task) for task, _ in copies]]
        found = links.paces(range(len(copies)), paths, rates, self.course.links.capacity_mbps, self._left)
        self.model.flights.pace(time_s, np.array([order.vm for _, order in copies], np.int64), np.array(found))
        for (task, _), pace in zip(copies, found, strict=True):
            if pace > 0:
                self._still.pop(task, None)
            else:
                self._still.setdefault(task, time_s)
