#!/usr/bin/env bash
# Runs a consolidation plan with the OpenStack command line, wave by wave.
# Without --execute nothing is changed: all is checked and shown.
# It needs bash 4, openstack and python3, and an administrator's settings in the environment (OS_CLOUD and so on).
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
#   --skip-check NAME    leave out room, cpu, device, storage or network; may be repeated
#   --ignore-expiry      run a plan that has expired
#   --retire             once all moves are done: freed hosts into maintenance, and off with --power-off
#   --hosts FILE         what hosts are called here: a line each, name in the plan, tab, host of its nova-compute service
#   --journal FILE       where what happens is written as CSV; beside the script if not given
#   --help               show this

set -euo pipefail
export LC_ALL=C

# From 2.56 on a host may be named for cold moves too, and the scheduler checks it.
export OS_COMPUTE_API_VERSION=${OS_COMPUTE_API_VERSION-2.56}
HOSTS_FILE=${HOSTS_FILE-}
CHECKS='room cpu device storage network'

# BEGIN PLAN
# END PLAN

SERVERS='' SERVICES='' HYPERVISORS='' VM_SHOWN=''

ask() { openstack "$@" -f json </dev/null; }

# servers OPTION...: all servers, page by page; versions differ in how all are asked for at once. Read them by $SERVER.
servers() {
    local page last=''
    while :; do
        page=$(ask server list --all-projects --limit 500 ${last:+--marker="$last"} -c ID -c Name "$@") || return 1
        last=$(json '[s["id"] for s in d][-1:]' <<<"$page") || return 1
        [[ -n $last ]] || return 0
        printf '%s\n' "$page"
    done
}
SERVER='(s for page in (d if d and isinstance(d[0], list) else [d]) for s in page)'

platform_start() {
    local tool
    for tool in openstack python3; do
        command -v "$tool" >/dev/null || because "$tool is not there" || return 1
    done
    SERVERS=$(servers) && HYPERVISORS=$(ask hypervisor list) ||
        because 'OpenStack does not answer: set OS_CLOUD, or source an openrc file of an administrator'
}

platform_host_id() { REPLY=$1; }

# The hypervisor of a compute host: of the same name, or the same with a domain.
hypervisor() {
    local id
    id=$(json '[h["id"] for h in d if h["hypervisor hostname"] == a[0] or h["hypervisor hostname"].startswith(a[0] + ".")]' \
        "$1" <<<"$HYPERVISORS") || return 1
    [[ $id =~ ^[0-9a-f][0-9a-f-]*$ ]] || because "not one hypervisor is that of $1" || return 1
    REPLY=$id
}

platform_host() {
    local id told
    host_id "$1" && id=$REPLY
    HOST_READY='its nova-compute is not known' HOST_MIB=0
    SERVICES=$(ask compute service list --service nova-compute) || return 0
    HOST_READY=$(json '(["yes" if (s["status"], s["state"]) == ("enabled", "up") else
        "its nova-compute is " + s["status"] + " and " + s["state"] for s in d if s["host"] == a[0]] + ["it is not known"])[0]' \
        "$id" <<<"$SERVICES") || return 1
    hypervisor "$id" || return 1
    told=$(ask hypervisor show "$REPLY") || return 1
    HOST_MIB=$(json 'max(int(d["free_ram_mb"]), 0)' <<<"$told") || because 'the hypervisor does not tell its free memory'
}

platform_vm() {
    local row=$1 state
    VM_ID=${S_ID[row]}
    if [[ -z $VM_ID ]]; then
        VM_ID=$(json "[s['id'] for s in $SERVER if s['name'] == a[0]]" "${S_VM[row]}" <<<"$SERVERS") || return 1
        [[ -n $VM_ID ]] || because 'no server has this name' || return 1
        [[ $VM_ID =~ ^[0-9a-f][0-9a-f-]*$ ]] || because 'more than one server has this name' || return 1
    fi
    VM_SHOWN=$(ask server show "$VM_ID") || because "server $VM_ID is not there" || return 1
    [[ $(json 'd["name"] == a[0]' "${S_VM[row]}" <<<"$VM_SHOWN") == True ]] ||
        because "server $VM_ID has another name. Is this the right cloud?" || return 1
    VM_HOST=$(json 'd["os-ext-srv-attr:host"] or ""' <<<"$VM_SHOWN") || return 1
    state=$(json 'd["status"]' <<<"$VM_SHOWN") || return 1
    [[ $state != VERIFY_RESIZE ]] ||
        because "a move of it waits: openstack server migration confirm (or revert) $VM_ID" || return 1
    [[ $(json 'd.get("os-ext-sts:task_state") or "None"' <<<"$VM_SHOWN") == None ]] || VM_BUSY=1
    case $state in
    ACTIVE) VM_POWER=on ;;
    SHUTOFF) VM_POWER=off ;;
    MIGRATING | RESIZE) VM_POWER=$state VM_BUSY=1 ;;
    *) VM_POWER=$state ;;
    esac
    VM_MIB=$(json '__import__("re").search(r"\bram\W+(\d+)", str(d["flavor"]))[1]' <<<"$VM_SHOWN") ||
        because 'its flavor does not tell its memory'
}

# Nova itself looks at images in drives (a server in rescue is not ACTIVE), at snapshots being made (a task state), and
# at how local disks get there.
platform_obstacles() {
    local to one told
    host_id "${S_TO[$1]}" && to=$REPLY
    json '["device: its flavor asks for a device of the host: " + word for word in
        ("pci_passthrough:alias", "resources:vgpu", "resources:pgpu") if word in str(d["flavor"]).lower()]' \
        <<<"$VM_SHOWN" || return 1
    told=$(ask port list --server "$VM_ID" -c ID) && told=$(json '[p["id"] for p in d]' <<<"$told") || return 1
    for one in $told; do
        ask port show "$one" | json '["device: its port " + a[0] + " is of the kind " + d["binding_vnic_type"]]
            if d.get("binding_vnic_type") in ("direct", "direct-physical", "macvtap", "vdpa") else []' "$one" || return 1
    done
    told=$(json '[v["id"] for v in d.get("volumes_attached") or [] if isinstance(v, dict)]' <<<"$VM_SHOWN") || return 1
    for one in $told; do
        ask volume show "$one" | json '[] if d["status"] == "in-use" else
            ["storage: its volume " + a[0] + " is " + d["status"]]' "$one" || return 1
    done
    ask network agent list --host="$to" | json '[] if any(x["alive"] in (True, ":-)", "True") for x in d)
        else ["network: no network agent is alive on the destination"]' || return 1
    [[ $VM_POWER != on ]] || cpu_fits "$to"
}

# Features of the source's processor that the destination lacks, where the hypervisors tell them; Nova compares again.
cpu_fits() {
    local here there
    hypervisor "$VM_HOST" && here=$(ask hypervisor show "$REPLY") || return 1
    hypervisor "$1" && there=$(ask hypervisor show "$REPLY") || return 1
    json '(lambda here, there: ["cpu: the destination lacks " + " ".join(sorted(here - there)[:5])]
        if there and here - there else [])(*[set((lambda told: told if isinstance(told, dict) else
        json.loads(told) if str(told).startswith("{") else {})(x.get("cpu_info")).get("features") or []) for x in d])' \
        <<<"$here $there"
}

platform_move() {
    local to
    host_id "${S_TO[$1]}" && to=$REPLY
    if [[ $VM_POWER == on ]]; then
        act openstack server migrate --live-migration --host="$to" --wait -- "$VM_ID"
    else
        act openstack server migrate --host="$to" --wait -- "$VM_ID" &&
            act openstack server migration confirm -- "$VM_ID"
    fi
}

platform_left() {
    local told
    host_id "$1" || return 1
    told=$(servers --host="$REPLY") || because 'Nova does not answer' || return 1
    REPLY=$(json "len(list($SERVER))" <<<"$told")
}

# Maintenance is a compute service to which nothing is scheduled.
platform_close() {
    host_id "$1" || return 1
    act openstack compute service set --disable --disable-reason=consolidation -- "$REPLY" nova-compute
}
platform_open() {
    host_id "$1" || return 1
    act openstack compute service set --enable -- "$REPLY" nova-compute
}
# Nova does not power hosts.
platform_on() { return 2; }
platform_off() { return 2; }
