"""Where VMs go: groups of hosts before → after."""

from typing import Any

import numpy as np
import pandas as pd

from dashboards.drawing import Figure, go
from dashboards.figures.canvas import finished, label
from dashboards.theme import AFTER, BEFORE, GOOD, WARNING
from dashboards.words import count

_MOST_CLUSTERS = 6
_TITLE = "Where VMs go"


def flow(placement: pd.DataFrame, hosts: pd.DataFrame) -> Figure:
    """Show how many VMs go from which hosts to which, hosts grouped by cluster and what becomes of them."""
    group = _groups(hosts)
    before = placement["host_before"].map(group).fillna("on no host")
    after = placement["host_after"].map(group).fillna("not placed")
    moved = placement["host_before"] != placement["host_after"]
    links = pd.DataFrame({"before": before, "after": after, "moved": moved}).value_counts().reset_index(name="vms")
    left, right = sorted(set(links["before"])), sorted(set(links["after"]))
    totals = links.groupby("before")["vms"].sum(), links.groupby("after")["vms"].sum()
    nodes = [(name, total[name]) for names, total in zip((left, right), totals, strict=True) for name in names]
    source = links["before"].map({name: row for row, name in enumerate(left)})
    target = links["after"].map({name: row + len(left) for row, name in enumerate(right)})
    sankey = go.Sankey(
        node={
            "label": [f"{label(name, 20)} · {number:,}" for name, number in nodes],
            "customdata": [label(name, 60) for name, _ in nodes],
            "color": [_color(name) for name, _ in nodes],
            "pad": 18, "thickness": 14, "line": {"width": 0},
            "hovertemplate": "%{customdata}: VMs %{value:,}<extra></extra>",
        },
        link={
            "source": source.to_numpy(np.int32), "target": target.to_numpy(np.int32), "value": links["vms"].to_numpy(),
            "color": np.where(links["moved"], "rgba(0,114,178,0.45)", "rgba(138,146,156,0.3)"),
            "customdata": np.where(links["moved"], "move", "stay where they are"),
            "hovertemplate": "VMs that %{customdata}: %{value:,}<extra></extra>",
        },
    )  # fmt: skip
    caption = (
        f"VMs by the hosts that they are on, left before and right after: {count(int(moved.sum()), 'VM')} of "
        f"{len(placement):,} {'moves' if moved.sum() == 1 else 'move'} (blue), the others stay (grey)."
    )
    return finished(go.Figure(sankey, {"showlegend": False}), _TITLE, caption, 170 + 42 * max(len(left), len(right)))


def _groups(hosts: pd.DataFrame) -> dict[str, Any]:
    """Return the group of each host: its cluster, where there are several, and its role."""
    clusters = hosts.groupby("cluster").size().sort_values(ascending=False).index[:_MOST_CLUSTERS]
    cluster = hosts["cluster"].where(hosts["cluster"].isin(clusters), "other clusters")
    role = hosts["role"].replace("", "hosts")
    names = cluster.replace("", "no cluster") + " " + role if len(set(cluster)) > 1 else role
    return dict(zip(hosts["host"], names, strict=True))


def _color(name: str) -> str:
    if name in ("not placed", "on no host"):
        return WARNING
    if name.endswith("freed"):
        return BEFORE
    return GOOD if name.endswith("wakes") else AFTER
