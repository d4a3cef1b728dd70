"""Which option of each task a list schedule takes: destinations and rates by the load that they make."""

import numpy as np

from models.arrays import Ints
from solvers.scheduling.instance import DURING, FROM_START, Instance


def first(instance: Instance) -> tuple[Instance, Ints]:
    """
    Return the instance with one option of each task, and their numbers here.

    Long tasks choose first: the option after which the fullest resource that it uses is least loaded, among those
    with room in the end.
    """
    if instance.option is None or len(np.unique(instance.option)) == len(instance):
        return instance, np.arange(len(instance))
    own, option = instance, instance.option
    offsets = np.concatenate([[0], np.cumsum(np.bincount(own.use_task, minlength=len(own)))])
    load, held = np.zeros(len(own.capacity)), np.zeros(len(own.capacity), np.int64)
    taken = []
    groups = np.split(np.argsort(option, kind="stable"), np.cumsum(np.bincount(option))[:-1])
    for group in sorted((group for group in groups if len(group)), key=lambda rows: -int(own.duration[rows].max())):
        best, least = int(group[0]), (True, np.inf, np.inf)
        for task in group:
            uses = slice(offsets[task], offsets[task + 1])
            resource, amount, span = own.use_resource[uses], own.use_amount[uses], own.use_span[uses]
            passing, coming = span == DURING, span == FROM_START
            lacks = bool((held[resource[coming]] + amount[coming] > own.capacity[resource[coming]]).any())
            share = amount / np.maximum(own.capacity[resource], 1) * own.duration[task]
            reached = float((load[resource] + share)[passing].max(initial=0.0))
            value = (lacks, reached, float(own.duration[task]))
            if value < least:
                best, least = int(task), value
        uses = slice(offsets[best], offsets[best + 1])
        resource, amount, span = own.use_resource[uses], own.use_amount[uses], own.use_span[uses]
        share = amount / np.maximum(own.capacity[resource], 1) * own.duration[best]
        np.add.at(load, resource[span == DURING], share[span == DURING])
        np.add.at(held, resource[span == FROM_START], amount[span == FROM_START])
        taken.append(best)
    found, rows = own.only(sorted(taken), needless=True)
    return found, rows
