#!/usr/bin/env bash
# Runs a consolidation plan with govc, wave by wave.
# Without --execute nothing is changed: all is checked and shown.
# It needs bash 4, govc and python3, and govc's settings in the environment (GOVC_URL and so on).
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
#   --skip-check NAME    leave out room, cpu, snapshot, iso, device, storage, network, drs or balloon; repeatable
#   --ignore-expiry      run a plan that has expired
#   --retire             once all moves are done: freed hosts into maintenance, and off with --power-off
#   --hosts FILE         what hosts are called here: a line each, name in the plan, tab, host's name in vCenter
#   --journal FILE       where what happens is written as CSV; beside the script if not given
#   --help               show this

set -euo pipefail
export LC_ALL=C

HOSTS_FILE=${HOSTS_FILE-}
CHECKS='room cpu snapshot iso device storage network drs balloon'

# BEGIN PLAN
# END PLAN

VM_REFS='' HOST_REFS=''

# Python that makes a dictionary of the properties that govc tells; lists come wrapped, in one way or another.
PROPERTIES='(lambda rows: {row["name"]: (lambda v: v if not isinstance(v, dict) else v["_value"] if "_value" in v
    else [*v.values()][0] if [*map(type, v.values())] == [list] else v)(row.get("val")) for row in rows})'
# All objects of a type as (reference, name as people see it); vCenter writes / \ % as %2f %5c %25.
NAMED='[(o["obj"]["type"] + ":" + o["obj"]["value"], __import__("urllib.parse").parse.unquote(c["val"]))
    for o in (d if isinstance(d, list) else [d]) for c in o["changeset"] if c["name"] == "name"]'

# properties REFERENCE NAME...: what govc tells of an object.
properties() { govc object.collect -json "$@" </dev/null; }

# property EXPRESSION ARGUMENT...: what an expression makes of properties, p.
property() {
    local expression=$1
    shift
    json "(lambda p: $expression)($PROPERTIES(d))" "$@"
}

platform_start() {
    local tool
    for tool in govc python3; do
        command -v "$tool" >/dev/null || because "$tool is not there" || return 1
    done
    VM_REFS=$(govc object.collect -json -type m / name </dev/null) &&
        HOST_REFS=$(govc object.collect -json -type h / name </dev/null) ||
        because 'govc does not reach vCenter: set GOVC_URL and the like'
}

# reference JSON NAME: the one object of a name.
reference() {
    local found
    found=$(json "[r for r, n in $NAMED if n == a[0]]" "$2" <<<"$1") || because 'the inventory cannot be read' || return 1
    [[ -n $found ]] || because 'no object has this name in vCenter' || return 1
    [[ $found != *$'\n'* ]] || because 'more than one object has this name in vCenter' || return 1
    REPLY=$found
}

# Hosts are known by their references.
platform_host_id() {
    named "$1"
    local name=$REPLY
    reference "$HOST_REFS" "$1" || because "host $name: $REASON"
}

# In the hosts file they go by their names.
host_reference() {
    host_id "$1" || return 1
    [[ $REPLY == HostSystem:* ]] || reference "$HOST_REFS" "$REPLY" || return 1
    HOST_IDS["x$1"]=$REPLY
}

path_of() {
    REPLY=$(govc ls -L "$1" </dev/null) && [[ $REPLY == /* ]] || because "$1 has no inventory path"
}

platform_host() {
    local told
    HOST_READY='it does not answer' HOST_MIB=0
    host_reference "$1" || return 1
    told=$(properties "$REPLY" runtime.connectionState runtime.inMaintenanceMode summary.hardware.memorySize \
        summary.quickStats.overallMemoryUsage) || return 0
    HOST_READY=$(property '"yes" if p["runtime.connectionState"] == "connected" and not p["runtime.inMaintenanceMode"]
        else "it is " + p["runtime.connectionState"] + ", or in maintenance mode"' <<<"$told") || return 1
    HOST_MIB=$(property 'max(int(p["summary.hardware.memorySize"]) // 2**20
        - int(p["summary.quickStats.overallMemoryUsage"]), 0)' <<<"$told") || return 1
}

platform_vm() {
    local row=$1 told host
    for host in "${S_FROM[row]}" "${S_TO[row]}"; do
        host_reference "$host" || return 1
    done
    VM_ID=${S_ID[row]}
    if [[ -z $VM_ID ]]; then
        reference "$VM_REFS" "${S_VM[row]}" || return 1
        VM_ID=$REPLY
    fi
    told=$(properties "$VM_ID" name runtime.host runtime.powerState runtime.connectionState config.hardware.memoryMB \
        summary.quickStats.hostMemoryUsage) || because "$VM_ID is not there" || return 1
    [[ $(property '__import__("urllib.parse").parse.unquote(p["name"]) == a[0]' "${S_VM[row]}" <<<"$told") == True ]] ||
        because "$VM_ID has another name. Is this the right vCenter?" || return 1
    VM_HOST=$(property 'p["runtime.host"]["type"] + ":" + p["runtime.host"]["value"]' <<<"$told") || return 1
    VM_POWER=$(property '{"poweredOn": "on", "poweredOff": "off"}.get(p["runtime.powerState"], p["runtime.powerState"])
        if p["runtime.connectionState"] == "connected" else p["runtime.connectionState"]' <<<"$told") || return 1
    VM_MIB=$(property 'p.get("summary.quickStats.hostMemoryUsage") or p["config.hardware.memoryMB"]' <<<"$told")
}

platform_obstacles() {
    local vm from to cluster
    host_reference "${S_TO[$1]}" || return 1
    vm=$(properties "$VM_ID" snapshot config.hardware.device datastore network) &&
        to=$(properties "$REPLY" parent summary.hardware.cpuModel datastore network) &&
        from=$(properties "$VM_HOST" parent summary.hardware.cpuModel) || return 1
    property '["snapshot: it has a snapshot"] if p.get("snapshot") else []' <<<"$vm" || return 1
    property "$DEVICES" <<<"$vm" || return 1
    among storage datastore "$vm" "$to" && among network network "$vm" "$to" || return 1
    cluster=$(property 'p["parent"]["type"] + ":" + p["parent"]["value"]' <<<"$to") || return 1
    [[ $cluster == ClusterComputeResource:* ]] || cluster=''
    [[ $VM_POWER != on ]] || cpu_fits "$from" "$to" "$cluster" || return 1
    [[ -z $cluster ]] || drs_rests "$cluster"
}

# Media in drives, and devices that tie a VM to its host; older versions of govc tell no types, but labels.
DEVICES='[word for v in p["config.hardware.device"] for word in [(lambda t, label, b, c:
    "iso: a medium is in its drive: " + label if ("CD/DVD" in label or "Floppy" in label)
        and (c.get("connected") or c.get("startconnected")) and (b.get("filename") or b.get("devicename"))
    else "device: it holds a device of its host: " + label if any(x in t + label for x in
        ("PCIPassthrough", "PCI device", "Sriov", "SR-IOV", "VirtualUSB", "USB ", "SCSIPassthrough"))
        and "Controller" not in t and "controller" not in label.lower()
    else None)(v.get("_typename") or "", (v.get("deviceinfo") or {}).get("label") or "", v.get("backing") or {},
        v.get("connectable") or {})] if word]'

# among CHECK PROPERTY VM HOST: says what the VM uses and the host does not have.
among() {
    local have
    have=$(property "\" \".join(x[\"value\"] for x in p.get(\"$2\") or [])" <<<"$4") || return 1
    property "[\"$1: the destination does not reach \" + x[\"value\"] for x in p.get(\"$2\") or []
        if x[\"value\"] not in a[0].split()]" "$have" <<<"$3"
}

# cpu_fits FROM TO CLUSTER: the same model, or one cluster that levels its processors.
cpu_fits() {
    local here there level=''
    here=$(property 'p["summary.hardware.cpuModel"] + "\n" + p["parent"]["value"]' <<<"$1") &&
        there=$(property 'p["summary.hardware.cpuModel"] + "\n" + p["parent"]["value"]' <<<"$2") || return 1
    [[ ${here%%$'\n'*} != "${there%%$'\n'*}" ]] || return 0
    if [[ -n $3 && ${here##*$'\n'} == "${there##*$'\n'}" ]]; then
        level=$(properties "$3" summary | property '(p["summary"] or {}).get("currentevcmodekey") or ""') || return 1
    fi
    [[ -n $level ]] || echo "cpu: the destination's processor is another, and no cluster levels the two (EVC)"
}

drs_rests() {
    local mode
    mode=$(properties "$1" configurationEx | property '(lambda c: c.get("defaultvmbehavior") or "" if c.get("enabled")
        else "")((p["configurationEx"] or {}).get("drsconfig") or {})') || return 1
    [[ $mode != fullyAutomated ]] || echo "drs: $1 moves VMs on its own. First: govc cluster.change -drs-mode manual PATH"
}

platform_move() {
    local vm
    path_of "$VM_ID" || return 1
    vm=$REPLY
    host_reference "${S_TO[$1]}" && path_of "$REPLY" || return 1
    act govc vm.migrate -host.ipath="$REPLY" -vm.ipath="$vm"
}

# A limit is what a VM is given; what it then holds follows, as its balloon driver hands memory over.
platform_memory() {
    local told
    told=$(properties "$VM_ID" config.memoryAllocation config.hardware.memoryMB summary.quickStats.hostMemoryUsage \
        summary.quickStats.consumedOverheadMemory) || because "$VM_ID does not tell its memory" || return 1
    VM_GIVEN=$(property "(lambda limit, size: size if limit is None or limit < 0 else min(limit, size))(
        $LIMIT, int(p[\"config.hardware.memoryMB\"]))" <<<"$told") &&
        VM_HOLDS=$(property 'max(int(p.get("summary.quickStats.hostMemoryUsage") or 0)
            - int(p.get("summary.quickStats.consumedOverheadMemory") or 0), 0)' <<<"$told")
}
LIMIT='(p.get("config.memoryAllocation") or {}).get("limit")'

platform_balloon() {
    local told
    told=$(properties "$VM_ID" config.memoryAllocation config.hardware.memoryMB guest.toolsRunningStatus) || return 1
    property "(lambda limit, kept, size, tools: [\"balloon: VMware Tools, which have its driver, do not run\"]
        * (tools != \"guestToolsRunning\")
        + [f\"balloon: {kept} MiB are reserved for it\"] * (kept > int(a[0]))
        + [f\"balloon: it has a limit of its own, {limit} MiB\"] * (limit not in (None, -1, int(a[0])))
        + [f\"balloon: it has {size} MiB, and in the plan {a[1]} MiB\"] * (size != int(a[1])))(
        $LIMIT, int((p.get(\"config.memoryAllocation\") or {}).get(\"reservation\") or 0),
        int(p[\"config.hardware.memoryMB\"]), p.get(\"guest.toolsRunningStatus\"))" \
        "${S_LEFT[$1]}" "${S_FULL[$1]}" <<<"$told"
}

platform_give() {
    local size=$2
    [[ $size != full ]] || size=-1
    path_of "$VM_ID" || return 1
    act govc vm.change -vm.ipath="$REPLY" -mem.limit="$size"
}

platform_left() {
    local told
    host_reference "$1" || return 1
    told=$(properties "$REPLY" vm) || because 'it does not answer' || return 1
    REPLY=$(property 'len(p.get("vm") or [])' <<<"$told")
}

on_host() {
    host_reference "$2" && path_of "$REPLY" || return 1
    act govc "$1" -host.ipath="$REPLY"
}
platform_open() { on_host host.maintenance.exit "$1"; }
platform_close() { on_host host.maintenance.enter "$1"; }
platform_off() { on_host host.shutdown "$1"; }
# govc powers no hosts on.
platform_on() { return 2; }
