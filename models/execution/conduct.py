"""
Who carries out a plan: what is released when, and what is done about what goes wrong.

It knows no clock and no network of its own: whoever plays the world tells it what has ended, failed or died, and gets
orders. So the quick replay and the one in the datacenter decide alike, and differ in how time passes.
"""

import heapq

import numpy as np

from models.arrays import NOWHERE
from models.execution import record
from models.execution.chances import Draw
from models.execution.course import Course
from models.execution.orders import Manner, May, Order
from models.execution.record import Attempt, Record, Restart, Switched
from models.execution.room import Room

WAITING, RUNNING, OVER, LEFT = 0, 1, 2, 3


class Conduct:
    """
    One run of a plan.

    Parameters
    ----------
    course
        The plan as tasks.
    draw
        What happens in this run.
    manner
        How it is carried out.
    may
        Where VMs may be restarted; None: on every host that is on.
    """

    def __init__(self, course: Course, draw: Draw, manner: Manner, may: May | None = None) -> None:
        self.course, self.draw, self.manner = course, draw, manner
        self.room = Room(course.problem, may)
        self.state = [WAITING] * len(course)
        self.stopped_wave = 0
        self._tries = [0] * len(course.moves)
        self._waits = [len(each) for each in course.before]
        self._because: dict[int, int] = {}
        self._running: dict[int, tuple[Order, float]] = {}
        self._ready = [task for task, count in enumerate(self._waits) if not count]
        self._timers: list[tuple[float, int, str, int]] = []
        self._entered = 0
        self._attempts: list[Attempt] = []
        self._switched: list[Switched] = []
        self._restarts: list[Restart] = []
        self._fallen: dict[int, tuple[int, float]] = {}
        self._lost: dict[int, float] = {}
        self._reason: dict[int, str] = {}
        self._taking_back = False

    @property
    def next_s(self) -> float:
        """The next moment at which it has something to do by itself, in s; infinite if there is none."""
        return self._timers[0][0] if self._timers else float("inf")

    @property
    def over(self) -> bool:
        """Whether nothing runs and nothing more will be ordered."""
        return not (self._running or self._timers or self._ready or self._taking_back)

    @property
    def copying(self) -> list[Order]:
        """The copies that run now."""
        return [order for order, _ in self._running.values() if order.kind == "copy" and order.live]

    def ended(self, task: int, time_s: float) -> None:
        """Take notice that a task has come to its end, a failing attempt to its failure."""
        order, since_s = self._running.pop(task)
        if order.kind in ("boot", "shutdown"):
            self._switched.append(Switched(order.destination, order.kind, since_s, time_s))
            self.room.switch(order.destination, on=order.kind == "boot")
            self._over(task, time_s)
            return
        if order.fails:
            self._failed(order, since_s, time_s, "The migration failed.")
            return
        outcome = record.DONE if task >= 0 else record.TAKEN_BACK
        self._attempts.append(Attempt(max(task, ~task), order.vm, order.source, order.destination, since_s, time_s,
                                      outcome))  # fmt: skip
        self.room.land(order.vm, order.source, order.destination, order.less_mib)
        if task >= 0:
            self._over(task, time_s)

    def stalled(self, task: int, time_s: float) -> None:
        """Take notice that the platform has aborted a copy that made no progress."""
        order, since_s = self._running.pop(task)
        self._failed(order, since_s, time_s, "The migration made no progress.")

    def died(self, host: int, time_s: float) -> list[int]:
        """Take notice that a host has died; return the tasks that ended with it."""
        if not self.room.alive[host]:
            return []
        gone = [task for task, (order, _) in self._running.items() if host in (order.source, order.destination)]
        for task in gone:
            order, since_s = self._running.pop(task)
            if order.kind == "copy":
                self._attempts.append(Attempt(max(task, ~task), order.vm, order.source, order.destination, since_s,
                                              time_s, record.ABORTED))  # fmt: skip
                self.room.cancel(order.vm, order.source, order.destination)
        self._lost[host] = time_s
        for vm in self.room.lose(host):
            self._fallen[vm] = (host, time_s)
            self._timer(time_s + self.manner.restart_s, "restart", vm)
        self._upset()
        for task in gone:
            if task >= 0:
                self._leave(task, time_s, f"Host {self.course.problem.hosts[host]} died.")
        return gone

    def orders(self, time_s: float) -> list[Order]:
        """Return what is to be started now."""
        found: list[Order] = []
        while True:
            self._fire(time_s, found)
            ready, self._ready = sorted(set(self._ready)), []
            waiting: list[int] = []
            for task in ready:
                if self.state[task] == WAITING:
                    self._try(task, time_s, found, waiting)
            if self._ready:
                self._ready += waiting
                continue
            if waiting and not self._running and not self._timers:
                self._leave(waiting[0], time_s, self._short(waiting[0]))
                self._ready += waiting[1:]
                continue
            self._ready = waiting
            if self.stopped_wave and not self._running:
                self._take_back(time_s, found)
            return found

    def record(self) -> Record:
        """Return what became of the plan."""
        moves = len(self.course.moves)
        for vm, (host, since_s) in self._fallen.items():
            self._restarts.append(Restart(vm, host, NOWHERE, since_s, float("inf")))
        self._fallen = {}
        left = {task: self._reason.get(task, record.NOT_BEGUN) for task in range(moves)
                if self.state[task] != OVER}  # fmt: skip
        status = record.COMPLETED
        if self.stopped_wave:
            status = record.BACK if self.manner.on_failure == "rollback" else record.STOPPED
        elif left:
            status = record.INCOMPLETE
        end_s = max((each.end_s for each in self._attempts), default=0.0)
        return Record(
            status, tuple(self._attempts), tuple(self._switched), tuple(self._restarts), dict(self._lost), left,
            self.stopped_wave, dict(self._because), end_s,
        )  # fmt: skip

    def _timer(self, time_s: float, what: str, which: int) -> None:
        heapq.heappush(self._timers, (time_s, self._entered, what, which))
        self._entered += 1

    def _fire(self, time_s: float, found: list[Order]) -> None:
        """Do what was entered for now."""
        while self._timers and self._timers[0][0] <= time_s:
            _, _, what, which = heapq.heappop(self._timers)
            if what == "pause":
                self._over(which, time_s)
            elif what == "restart":
                self._restart(which, time_s, found)
            else:
                self._ready.append(which)

    def _over(self, task: int, time_s: float) -> None:
        self.state[task] = OVER
        self._release(task, time_s)

    def _release(self, task: int, time_s: float) -> None:
        """Let those go on that wait for a task which is over, or was left."""
        for other in self.course.after[task]:
            self._waits[other] -= 1
            if not self._waits[other]:
                self._because[other] = task
                if (held_s := float(self.course.not_before_s[other])) > time_s:
                    self._timer(held_s, "clock", other)
                else:
                    self._ready.append(other)

    def _try(self, task: int, time_s: float, found: list[Order], waiting: list[int]) -> None:
        """Start a task if it may start; note it as waiting if it only lacks room."""
        moves = len(self.course.moves)
        if self.stopped_wave:
            return
        if (held_s := float(self.course.not_before_s[task])) > time_s:
            self._timer(held_s, "clock", task)
        elif task >= moves and self.course.action(task) is None:
            if self.course.seconds[task] > 0:
                self._timer(time_s + float(self.course.seconds[task]), "pause", task)
            else:
                self._over(task, time_s)
        elif any(self.state[other] == LEFT for other in self.course.needed[task]):
            self._leave(task, time_s, "What it needs was not done.")
        elif task >= moves:
            self._switch(task, time_s, found)
        elif why := self._hindered(task):
            self._leave(task, time_s, why)
        elif not self._fits(task):
            waiting.append(task)
        else:
            self._go(task, time_s, found)

    def _switch(self, task: int, time_s: float, found: list[Order]) -> None:
        action = self.course.action(task)
        assert action is not None
        if not self.room.alive[action.host] or (action.action == "shutdown" and not self.room.empty(action.host)):
            self._leave(task, time_s, "The host died, or VMs are on it.")
            return
        self._order(Order(action.action, task, NOWHERE, NOWHERE, action.host, float(self.course.seconds[task])),
                    time_s, found)  # fmt: skip
        if action.action == "shutdown":
            self.room.switch(action.host, on=False)

    def _hindered(self, move: int) -> str:
        """Return why a move cannot be done any more; empty if it can."""
        moves, room, hosts = self.course.moves, self.room, self.course.problem.hosts
        source, destination = int(moves.source[move]), int(moves.destination[move])
        if room.host[moves.vm[move]] != source:
            return "The VM is not on the host that it was to leave."
        if not room.ready[destination]:
            return f"Host {hosts[destination]} is not on."
        return ""

    def _fits(self, move: int) -> bool:
        moves = self.course.moves
        return self.room.fits(int(moves.vm[move]), int(moves.destination[move]), int(moves.balloon_mib[move]))

    def _short(self, move: int) -> str:
        return f"Host {self.course.problem.hosts[self.course.moves.destination[move]]} has no room."

    def _go(self, move: int, time_s: float, found: list[Order]) -> None:
        moves, attempt = self.course.moves, self._tries[move]
        vm, source, destination = int(moves.vm[move]), int(moves.source[move]), int(moves.destination[move])
        fails, less_mib = bool(self.draw.fails[attempt, move]) and source != destination, int(moves.balloon_mib[move])
        seconds = self.course.taking_s(less_mib)
        seconds += self.course.copying_s(move) * float(self.draw.factor[attempt, move])
        seconds *= float(self.draw.fails_at[attempt, move]) if fails else 1.0
        self._tries[move] += 1
        live = bool(self.course.links.paths[move])
        self.room.depart(vm, source, destination, less_mib)
        self._order(Order("copy", move, vm, source, destination, seconds, live, fails, less_mib), time_s, found)

    def _order(self, order: Order, time_s: float, found: list[Order]) -> None:
        if order.task >= 0:
            self.state[order.task] = RUNNING
        self._running[order.task] = (order, time_s)
        found.append(order)

    def _failed(self, order: Order, since_s: float, time_s: float, why: str) -> None:
        task = order.task
        self._attempts.append(
            Attempt(max(task, ~task), order.vm, order.source, order.destination, since_s, time_s, record.FAILED)
        )
        self.room.cancel(order.vm, order.source, order.destination)
        self._reason[task] = why
        if task < 0:
            self._taking_back = False
        elif self._tries[task] < len(self.draw.factor) and not self.stopped_wave:
            self.state[task] = WAITING
            self._timer(time_s + self.manner.retry_s, "retry", task)
        else:
            self._leave(task, time_s, why)

    def _leave(self, task: int, time_s: float, why: str) -> None:
        """Give a task up; of a move this is what plans are stopped for."""
        self.state[task], self._reason[task] = LEFT, why
        self.room.watch(order for order, _ in self._running.values())
        if task < len(self.course.moves):
            self._upset()
        self._release(task, time_s)

    def _upset(self) -> None:
        """Something was not as planned: stop, if that is the manner."""
        self.room.watch(order for order, _ in self._running.values())
        if self.manner.on_failure == "continue" or self.stopped_wave:
            return
        open_waves = [int(self.course.wave[move]) for move in range(len(self.course.moves)) if self.state[move] != OVER]
        self.stopped_wave = min(open_waves, default=max(self.course.waves, default=1))
        self._timers = [each for each in self._timers if each[2] == "restart"]
        heapq.heapify(self._timers)
        self._taking_back = self.manner.on_failure == "rollback"

    def _take_back(self, time_s: float, found: list[Order]) -> None:
        """Order the next move of the stopped wave to be taken back, the last that was done first."""
        if not self._taking_back or self._timers:
            return
        back = {each.move for each in self._attempts if each.outcome == record.TAKEN_BACK}
        done = [each for each in self._attempts if each.outcome == record.DONE and each.move not in back
                and self.course.wave[each.move] == self.stopped_wave]  # fmt: skip
        room = self.room
        for each in sorted(done, key=lambda attempt: (-attempt.end_s, -attempt.move)):
            possible = room.host[each.vm] == each.destination and each.source != NOWHERE and room.ready[each.source]
            less_mib = int(self.course.held_mib[each.move])
            if possible and room.fits(each.vm, each.source, less_mib):
                seconds = self.course.taking_s(max(less_mib - int(room.less_mib[each.vm]), 0))
                seconds += self.course.copying_s(each.move) * float(self.draw.back[each.move])
                room.depart(each.vm, each.destination, each.source, less_mib)
                live = bool(self.course.links.paths[each.move])
                order = Order("copy", ~each.move, each.vm, each.destination, each.source, seconds, live,
                              less_mib=less_mib)  # fmt: skip
                self._order(order, time_s, found)
                return
        self._taking_back = False

    def _restart(self, vm: int, time_s: float, found: list[Order]) -> None:
        """Let a VM run again where the plan brings it, else on the roomiest host, if there is one."""
        moves = self.course.moves
        last = np.flatnonzero(moves.vm == vm)
        wanted = int(moves.destination[last[-1]]) if len(last) else NOWHERE
        host = self.room.refuge(vm, wanted)
        if host == NOWHERE:
            return
        lost, since_s = self._fallen.pop(vm)
        self._restarts.append(Restart(vm, lost, host, since_s, time_s))
        found.append(Order("restart", -1, vm, NOWHERE, host, 0.0))
