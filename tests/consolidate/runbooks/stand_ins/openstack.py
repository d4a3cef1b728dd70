"""The command line of OpenStack: servers, services, hypervisors, ports and agents in its JSON."""

import json
from typing import Any

from tests.consolidate.runbooks.platforms import Answer, Estate


def answer(estate: Estate, words: list[str]) -> Answer:
    """Answer one call."""
    rest = words[1:]
    # As in the real one, nothing after -- is an option.
    if "-f" in rest[rest.index("--") if "--" in rest else len(rest) :]:
        return 2, "error: unrecognized arguments: -f json"
    last = rest[rest.index("--") + 1] if "--" in rest else rest[2]
    options = dict(word.partition("=")[::2] for word in rest if word.startswith("--"))
    changed = _change(estate, rest, options, last)
    if changed is not None:
        return changed
    found = _listed(estate, rest, options) if "list" in rest else _shown(estate, rest, last)
    return (64, f"unknown: {words}") if found is None else (0, json.dumps(found))


def _change(estate: Estate, rest: list[str], options: dict[str, str], last: str) -> Answer | None:
    match rest[:3]:
        case ["server", "migration", "confirm"]:
            estate.vms[last].pop("verify", None)
            return 0, ""
        case ["server", "migrate", *_]:
            done = estate.move(last, options["--host"])
            if done[0] == 0 and "--live-migration" not in rest:
                estate.vms[last]["verify"] = True
            return done
        case ["compute", "service", "set"]:
            estate.down = {k: v for k, v in estate.down.items() if k != last}
            estate.down |= {last: "disabled"} if "--disable" in rest else {}
            return 0, ""
    return None


def _listed(estate: Estate, rest: list[str], options: dict[str, str]) -> Any:
    match rest[:2]:
        case ["server", "list"]:
            here = options.get("--host")
            known = [name for name, vm in estate.vms.items() if here in (None, vm["host"])]
            # Pages of two, whatever is asked for.
            start = known.index(options["--marker"]) + 1 if "--marker" in options else 0
            return [{"ID": name, "Name": estate.vms[name]["name"]} for name in known[start : start + 2]]
        case ["hypervisor", "list"]:
            return [{"ID": f"a{n}", "Hypervisor Hostname": f"{name}.lan"} for n, name in enumerate(estate.hosts)]
        case ["compute", "service"]:
            state = {name: "disabled" if name in estate.down else "enabled" for name in estate.hosts}
            return [{"Host": name, "Status": status, "State": "up"} for name, status in state.items()]
        case ["port", "list"]:
            return [{"ID": "b" + rest[rest.index("--server") + 1]}]
        case ["network", "agent"]:
            return [{"Alive": "network" not in estate.lacks.get(options["--host"], set())}]
    return None


def _shown(estate: Estate, rest: list[str], last: str) -> Any:
    match rest[:2]:
        case ["server", "show"]:
            vm = estate.vms[last]
            status = {"on": "ACTIVE", "off": "SHUTOFF"}.get(vm["power"], vm["power"])
            extra = {"pci_passthrough:alias": "gpu:1"} if "device" in vm else {}
            return {
                "id": last,
                "name": vm["name"],
                "status": "VERIFY_RESIZE" if vm.get("verify") else status,
                "OS-EXT-SRV-ATTR:host": vm["host"],
                "OS-EXT-STS:task_state": vm.get("task"),
                "flavor": {"name": "m1", "ram": vm["mib"], "extra_specs": extra},
                "volumes_attached": [{"id": "c" + last}],
            }
        case ["hypervisor", "show"]:
            name = list(estate.hosts)[int(last[1:])]
            features = ["sse"] if "cpu" in estate.lacks.get(name, set()) else ["sse", "avx"]
            return {"free_ram_mb": estate.hosts[name], "cpu_info": json.dumps({"features": features})}
        case ["port", "show"]:
            return {"binding_vnic_type": "normal"}
        case ["volume", "show"]:
            return {"status": "error" if any("storage" in lacks for lacks in estate.lacks.values()) else "in-use"}
    return None
