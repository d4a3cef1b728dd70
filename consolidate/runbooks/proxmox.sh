#!/usr/bin/env bash
# Runs a consolidation plan with pvesh, the tool of Proxmox VE, wave by wave.
# Without --execute nothing is changed: all is checked and shown.
# It needs bash 4, pvesh and python3: run it as root on a node of the Proxmox VE cluster that is not to be emptied.
#
# Moves that are done already are skipped, so the script may be run again after a stop. It stops at the first move that
# fails a check, does not succeed, or does not end where it should; moves under way are then waited for. A move starts
# only when all moves that end before it in the plan have ended.
#
#   --execute            change something
#   --from-wave N        the first wave to run
#   --to-wave N          the last wave to run
#   --rollback           take the moves back, in reverse order, from any point
#   --last-done N        with --rollback: number of the last move that was started; later ones are left out
#   --per-host N         moves at one host at the same time; never more than planned
#   --at-once N          moves at the same time in all; never more than planned
#   --unattended         do not ask between waves
#   --pause S            seconds between waves when nobody is asked
#   --skip-check NAME    leave out room, cpu, snapshot, iso, device, storage, network or balloon; repeatable
#   --ignore-expiry      run a plan that has expired
#   --retire             once all moves are done: freed hosts into maintenance, and off with --power-off
#   --hosts FILE         what hosts are called here: a line each, name in the plan, tab, node
#   --journal FILE       where what happens is written as CSV; beside the script if not given
#   --help               show this

set -euo pipefail
export LC_ALL=C

HOSTS_FILE=${HOSTS_FILE-}
CHECKS='room cpu snapshot iso device storage network balloon'

# BEGIN PLAN
# END PLAN

VM_CONFIG=''

ask() { pvesh get "$@" --output-format json </dev/null; }

platform_start() {
    local tool
    for tool in pvesh python3; do
        command -v "$tool" >/dev/null || because "$tool is not there" || return 1
    done
    ask /version >/dev/null || because 'pvesh does not answer: run this as root on a node of the cluster'
}

# Nodes have no dots in their names: that of the host without its domain.
platform_host_id() {
    named "$1"
    [[ ${1%%.*} =~ ^[A-Za-z0-9][A-Za-z0-9-]*$ ]] || because "host $REPLY is no name of a node: give it by --hosts" || return 1
    REPLY=${1%%.*}
}

node_id() {
    host_id "$1" || return 1
    [[ $REPLY =~ ^[A-Za-z0-9][A-Za-z0-9-]*$ ]] || because "'$REPLY' is no name of a node"
}

platform_host() {
    local node nodes rests
    node_id "$1" || return 1
    node=$REPLY
    HOST_READY='it is not known' HOST_MIB=0
    nodes=$(ask /cluster/resources --type node) && rests=$(ask /cluster/ha/status/current) || return 0
    HOST_READY=$(json '(["yes" if n["status"] == "online" else "it is " + n["status"] for n in d if n["node"] == a[0]]
        + ["it is not known"])[0]' "$node" <<<"$nodes") || return 1
    [[ $HOST_READY == yes ]] || return 0
    [[ $(json 'any(r.get("type") == "lrm" and r.get("node") == a[0] and "maintenance" in r.get("status", "") for r in d)' \
        "$node" <<<"$rests") == False ]] || HOST_READY='it is in maintenance'
    HOST_MIB=$(json '[max(n["maxmem"] - n["mem"], 0) // 2**20 for n in d if n["node"] == a[0]]' "$node" <<<"$nodes")
}

platform_vm() {
    local row=$1 told id line
    told=$(ask /cluster/resources --type vm) || because 'the cluster does not answer' || return 1
    id=$(json '[v["vmid"] for v in d if v.get("name") == a[0] and a[1] in ("", str(v["vmid"])) and not v.get("template")]' \
        "${S_VM[row]}" "${S_ID[row]}" <<<"$told") || return 1
    [[ -n $id ]] || because "no VM has this name${S_ID[row]:+ and the id ${S_ID[row]}}" || return 1
    whole "$id" || because 'more than one VM has this name' || return 1
    VM_ID=$id
    line=$(json '[" ".join((v["type"], v["node"], v["status"], str(max(v.get("mem") or 0, v.get("memhost") or 0) // 2**20),
        "1" if v.get("lock") else "0")) for v in d if v["vmid"] == int(a[0])]' "$id" <<<"$told") || return 1
    local kind
    read -r kind VM_HOST VM_POWER VM_MIB VM_BUSY <<<"$line"
    [[ $kind == qemu ]] || because 'it is a container, which is not moved without a stop' || return 1
    case $VM_POWER in
    running) VM_POWER=on ;;
    stopped) VM_POWER=off ;;
    esac
}

platform_obstacles() {
    local to told vm=/nodes/$VM_HOST/qemu/$VM_ID
    node_id "${S_TO[$1]}" || return 1
    to=$REPLY
    VM_CONFIG=$(ask "$vm/config") && told=$(ask "$vm/snapshot") || return 1
    json '["snapshot: it has the snapshot " + s["name"] for s in d if s["name"] != "current"]' <<<"$told" || return 1
    json '["iso: a medium is in its drive " + k for k, v in sorted(d.items()) if "media=cdrom" in str(v)
        and not str(v).startswith("none")] + ["device: it holds a device of its host: " + k for k, v in sorted(d.items())
        if k.startswith("hostpci") or k.startswith("usb") and "spice" not in str(v)]' <<<"$VM_CONFIG" || return 1
    told=$(ask "$vm/migrate" --target "$to") || return 1
    json '["device: it uses " + str(r) + " of its host" for r in d.get("local_resources") or []]
        + ["storage: its disk " + str(x.get("volid")) + " is local" for x in d.get("local_disks") or [] if not x.get("cdrom")]
        + ["storage: the destination may not take it: " + str(x) for x in [(d.get("not_allowed_nodes") or {}).get(a[0])] if x]' \
        "$to" <<<"$told" || return 1
    storage_there "$to" && bridges_there "$to" && cpu_fits "$to"
}

storage_there() {
    local have
    have=$(ask "/nodes/$1/storage" --enabled 1) || return 1
    have=$(json '" ".join(s["storage"] for s in d if s.get("active", 1))' <<<"$have") || return 1
    json '["storage: the destination does not reach " + s for s in sorted({str(v).split(":")[0] for k, v in d.items()
        if k.rstrip("0123456789") in ("scsi", "virtio", "sata", "ide", "efidisk", "tpmstate") and ":" in str(v).split(",")[0]
        and "media=cdrom" not in str(v)}) if s not in a[0].split()]' "$have" <<<"$VM_CONFIG"
}

bridges_there() {
    local have
    have=$(ask "/nodes/$1/network" --type any_bridge) || return 1
    have=$(json '" ".join(n["iface"] for n in d)' <<<"$have") || return 1
    json '["network: the destination has no bridge " + b for b in sorted({part[7:] for k, v in d.items()
        if k.rstrip("0123456789") == "net" for part in str(v).split(",") if part.startswith("bridge=")})
        if b not in a[0].split()]' "$have" <<<"$VM_CONFIG"
}

# Only a VM with the processor of its host is bound to its model.
cpu_fits() {
    local here there
    [[ $(json 'str(d.get("cpu", "")).removeprefix("cputype=").split(",")[0] in ("host", "max")' <<<"$VM_CONFIG") == True &&
        $VM_POWER == on ]] || return 0
    here=$(ask "/nodes/$VM_HOST/status") && there=$(ask "/nodes/$1/status") || return 1
    json '["cpu: the destination has another processor: " + d[1]["cpuinfo"]["model"]]
        if d[0]["cpuinfo"]["model"] != d[1]["cpuinfo"]["model"] else []' <<<"$here $there"
}

platform_move() {
    local options=()
    node_id "${S_TO[$1]}" || return 1
    [[ $VM_POWER != on ]] || options=(--online 1)
    act pvesh create "/nodes/$VM_HOST/qemu/$VM_ID/migrate" --target "$REPLY" ${options[@]+"${options[@]}"}
}

# What the balloon leaves a guest is what it is given, and what it holds at most.
platform_memory() {
    local told
    VM_GIVEN=${S_FULL[$1]} VM_HOLDS=0
    [[ $VM_POWER == on ]] || return 0
    told=$(ask "/nodes/$VM_HOST/qemu/$VM_ID/status/current") || because 'its node does not tell its memory' || return 1
    VM_GIVEN=$(json '[int(b["actual"]) // 2**20 for b in [d.get("ballooninfo") or {}] if "actual" in b]' <<<"$told") ||
        return 1
    VM_HOLDS=$VM_GIVEN
}

# pvestatd itself sets the memory of VMs that have a least amount, unless they have no shares in what is left.
platform_balloon() {
    local told
    told=$(ask "/nodes/$VM_HOST/qemu/$VM_ID/config") || return 1
    json '(lambda least, memory: ["balloon: it has no memory balloon"] * (least == 0)
        + ["balloon: pvestatd sets its memory, at least " + str(least) + " MiB"]
        * (0 < (least or 0) < memory and int(d.get("shares", 1000)) > 0)
        + ["balloon: it has " + str(memory) + " MiB, and in the plan " + a[0] + " MiB"] * (memory != int(a[0])))(
        int(d["balloon"]) if "balloon" in d else None,
        int(str(d.get("memory", 512)).removeprefix("current=").split(",")[0]))' "${S_FULL[$1]}" <<<"$told"
}

platform_give() {
    local size=$2
    [[ $VM_POWER == on ]] || return 0
    [[ $size != full ]] || size=${S_FULL[$1]}
    act pvesh create "/nodes/$VM_HOST/qemu/$VM_ID/monitor" --command "balloon $size"
}

platform_left() {
    local told
    node_id "$1" || return 1
    told=$(ask /cluster/resources --type vm) || because 'the cluster does not answer' || return 1
    REPLY=$(json 'len([v for v in d if v["node"] == a[0]])' "$REPLY" <<<"$told")
}

platform_close() { node_id "$1" && act ha-manager crm-command node-maintenance enable "$REPLY"; }
platform_open() { node_id "$1" && act ha-manager crm-command node-maintenance disable "$REPLY"; }
platform_on() { node_id "$1" && act pvesh create "/nodes/$REPLY/wakeonlan"; }
platform_off() { node_id "$1" && act pvesh create "/nodes/$REPLY/status" --command shutdown; }
