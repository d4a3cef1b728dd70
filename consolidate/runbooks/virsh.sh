#!/usr/bin/env bash
# Runs a consolidation plan with virsh, wave by wave.
# Without --execute nothing is changed: all is checked and shown.
# It needs bash 4, virsh and python3, and reaches every host by its libvirt URI, from this machine and from the source.
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
#   --hosts FILE         what hosts are called here: a line each, name in the plan, tab, libvirt URI
#   --journal FILE       where what happens is written as CSV; beside the script if not given
#   --help               show this

set -euo pipefail
export LC_ALL=C

# How a host is reached that is not in the hosts file; %s is its name in the plan.
LIBVIRT_URI=${LIBVIRT_URI-qemu+ssh://%s/system}
# The most that one move sends, in MiB/s; 0 is no limit.
MIGRATION_MIB_S=${MIGRATION_MIB_S-0}
HOSTS_FILE=${HOSTS_FILE-}
CHECKS='room cpu snapshot iso device storage network balloon'

# BEGIN PLAN
# END PLAN

VM_PERSISTENT=no

platform_start() {
    local tool
    for tool in virsh python3; do
        command -v "$tool" >/dev/null || because "$tool is not there" || return 1
    done
    whole "$MIGRATION_MIB_S" || because "MIGRATION_MIB_S is no number"
}

platform_host_id() {
    named "$1"
    [[ $1 =~ ^[A-Za-z0-9][A-Za-z0-9.-]*$ ]] || because "host $REPLY is no network name: give its URI by --hosts" || return 1
    # shellcheck disable=SC2059 # The format is a setting.
    printf -v REPLY "$LIBVIRT_URI" "$1"
}

at() {
    local uri=$1
    shift
    virsh --connect="$uri" "$@" </dev/null
}

platform_host() {
    local uri text
    host_id "$1" && uri=$REPLY
    HOST_READY='it does not answer' HOST_MIB=0
    text=$(at "$uri" nodememstats 2>/dev/null) || return 0
    HOST_MIB=$(awk '$1 == "free" || $1 == "buffers" || $1 == "cached" { kib += $3 } END { print int(kib / 1024) }' \
        <<<"${text//:/ : }")
    HOST_READY=yes
}

# Names are compared here: virsh would take a name of digits for a number of its own.
uuid_at() {
    local uri=$1 row=$2 listed line
    listed=$(at "$uri" list --all --uuid --name) || because "$uri does not answer" || return 1
    REPLY=''
    while IFS= read -r line; do
        [[ -n ${S_ID[row]} && ${line:0:36} != "${S_ID[row]}" ]] && continue
        [[ ${line:37} == "${S_VM[row]}" ]] || continue
        [[ -z $REPLY ]] || because "more than one VM has this name on $uri" || return 1
        REPLY=${line:0:36}
    done <<<"$listed"
}

# A VM may be known to two hosts; it is where it runs. Looked for at all hosts where the plan has it at some time.
platform_vm() {
    local row=$1 later uri state running='' known='' count=0 seen=' ' host
    for ((later = S_FIRST[row]; later >= 0; later = S_NEXT[later])); do
        for host in "${S_FROM[later]}" "${S_TO[later]}"; do
            host_id "$host" || return 1
            uri=$REPLY
            [[ $seen == *" $uri "* ]] && continue
            seen+="$uri "
            uuid_at "$uri" "$row" || return 1
            [[ -n $REPLY ]] || continue
            VM_ID=$REPLY
            state=$(at "$uri" domstate --domain="$VM_ID") || because "$uri does not tell its state" || return 1
            if [[ $state == 'shut off'* ]]; then
                known=$uri count=$((count + 1))
            else
                [[ -z $running ]] || because "it runs on $running and on $uri" || return 1
                running=$uri VM_POWER=${state%%$'\n'*}
            fi
        done
    done
    VM_HOST=${running:-$known}
    [[ -n $VM_HOST ]] || because 'it is on none of the hosts where the plan has it' || return 1
    [[ -n $running || $count == 1 ]] || because 'it is off, and more than one host knows it' || return 1
    [[ -n $running ]] || VM_POWER=off
    [[ $VM_POWER != running ]] || VM_POWER=on
    state=$(at "$VM_HOST" dominfo --domain="$VM_ID") || because "$VM_HOST does not tell of it" || return 1
    VM_MIB=$(awk -F: '$1 == "Used memory" { print int($2 / 1024) }' <<<"$state")
    VM_PERSISTENT=$(awk -F: '$1 == "Persistent" { gsub(/ /, "", $2); print $2 }' <<<"$state")
}

DOMAIN_READER='
import sys
import xml.etree.ElementTree as tree
domain = tree.fromstring(sys.stdin.buffer.read())
for disk in domain.findall("devices/disk"):
    source = disk.find("source")
    place = {} if source is None else source.attrib
    path = place.get("file") or place.get("dev") or ""
    removable = disk.get("device") in ("cdrom", "floppy")
    if removable and place:
        print("iso", path or place.get("name", "medium"))
    elif path:
        print("disk", path)
for device in domain.findall("devices/hostdev"):
    print("device", device.get("type") or "host device")
for link in domain.findall("devices/interface"):
    source = link.find("source")
    place = {} if source is None else source.attrib
    kind = link.get("type")
    if kind in ("network", "bridge"):
        print(kind, place.get(kind, ""))
    elif kind == "direct":
        print("direct", place.get("dev", ""))
    elif kind in ("hostdev", "vdpa"):
        print("device", kind)
balloon = domain.find("devices/memballoon")
print("balloon", "none" if balloon is None else balloon.get("model"))
cpu = domain.find("cpu")
print("cpu", "default" if cpu is None else cpu.get("mode") or "custom")
'

platform_obstacles() {
    local row=$1 text to kind value
    host_id "${S_TO[row]}" && to=$REPLY
    text=$(at "$VM_HOST" snapshot-list --domain="$VM_ID" --name) || return 1
    [[ -z ${text//[$'\n ']/} ]] || echo "snapshot: it has the snapshot ${text%%$'\n'*}"
    text=$(at "$VM_HOST" dumpxml --domain="$VM_ID") || return 1
    while read -r kind value; do
        case $kind in
        iso) echo "iso: a medium is in its drive: $value" ;;
        device) echo "device: it holds a device of its host ($value)" ;;
        disk) disk_there "$to" "$value" ;;
        network) network_there "$to" "$value" ;;
        bridge | direct) link_there "$to" "$value" ;;
        cpu) [[ $VM_POWER != on ]] || cpu_fits "$to" "$value" || return 1 ;;
        esac
    done < <(python3 -I -S -X utf8 -c "$DOMAIN_READER" <<<"$text" || echo 'device its description cannot be read')
}

# A disk in a storage pool of the source must be in one of the destination; of others libvirt itself must judge.
disk_there() {
    at "$VM_HOST" vol-pool --vol="$2" >/dev/null 2>&1 || return 0
    at "$1" vol-pool --vol="$2" >/dev/null 2>&1 || echo "storage: the destination does not see $2"
}

network_there() {
    local text
    text=$(at "$1" net-info --network="$2" 2>/dev/null) || text=''
    [[ $text =~ Active:[[:space:]]+yes ]] || echo "network: the destination has no active network $2"
}

link_there() {
    local text
    text=$'\n'$(at "$1" nodedev-list --cap net 2>/dev/null) || text=''
    [[ $text == *$'\n'"net_${2//[^A-Za-z0-9]/_}_"* ]] || echo "network: the destination has no link $2"
}

# cpu_fits URI MODE: the processor of the VM, or where it is the host's own, that of the host, against the destination.
cpu_fits() {
    local text file
    [[ $2 != default ]] || return 0
    file=$(mktemp) || return 1
    if [[ $2 == host-passthrough || $2 == maximum ]]; then
        at "$VM_HOST" capabilities >"$file" || return 1
        text=$(at "$1" cpu-compare --file="$file" 2>&1) || text=''
        [[ $text == *identical* ]] || echo "cpu: the destination's processor is another (mode $2)"
    else
        at "$VM_HOST" dumpxml --domain="$VM_ID" --migratable >"$file" || return 1
        at "$1" hypervisor-cpu-compare --file="$file" --error >/dev/null 2>&1 ||
            echo 'cpu: the destination cannot give it its processor'
    fi
    rm -f -- "$file"
}

platform_move() {
    local row=$1 to options=()
    host_id "${S_TO[row]}" && to=$REPLY
    [[ $VM_PERSISTENT != yes ]] || options+=(--persistent --undefinesource)
    ((MIGRATION_MIB_S == 0)) || options+=(--bandwidth="$MIGRATION_MIB_S")
    if [[ $VM_POWER == on ]]; then
        options+=(--live --abort-on-error)
    else
        options+=(--offline)
    fi
    act virsh --connect="$VM_HOST" migrate --domain="$VM_ID" --desturi="$to" "${options[@]}"
}

# What the balloon leaves a guest is what it is given, and what it holds at most.
platform_memory() {
    local text
    VM_GIVEN=${S_FULL[$1]} VM_HOLDS=0
    [[ $VM_POWER == on ]] || return 0
    text=$(at "$VM_HOST" dommemstat --domain="$VM_ID") || because "$VM_HOST does not tell its memory" || return 1
    VM_GIVEN=$(awk '$1 == "actual" { print int($2 / 1024) }' <<<"$text")
    VM_HOLDS=$VM_GIVEN
}

platform_balloon() {
    local row=$1 text most spare take=$((VM_GIVEN - S_LEFT[$1]))
    text=$(at "$VM_HOST" dumpxml --domain="$VM_ID" | python3 -I -S -X utf8 -c "$DOMAIN_READER") || return 1
    [[ $'\n'$text$'\n' != *$'\nballoon none\n'* ]] || echo 'balloon: it has no memory balloon'
    text=$(at "$VM_HOST" dominfo --domain="$VM_ID") || return 1
    most=$(awk -F: '$1 == "Max memory" { print int($2 / 1024) }' <<<"$text")
    ((most >= S_FULL[row])) || echo "balloon: it has $most MiB at most, and in the plan ${S_FULL[row]} MiB"
    text=$(at "$VM_HOST" dommemstat --domain="$VM_ID") || return 1
    spare=$(awk '$1 == "usable" { print int($2 / 1024) }' <<<"$text")
    [[ -z $spare ]] || ((spare >= take)) || echo "balloon: its guest can spare $spare MiB; $take MiB are to be taken"
}

platform_give() {
    local size=$2
    [[ $VM_POWER == on ]] || return 0
    [[ $size != full ]] || size=${S_FULL[$1]}
    act virsh --connect="$VM_HOST" setmem --domain="$VM_ID" --size="${size}MiB" --live
}

platform_left() {
    local text
    host_id "$1" || return 1
    text=$(at "$REPLY" list --all --uuid) || because 'it does not answer' || return 1
    REPLY=$(wc -w <<<"$text")
}

# libvirt has no maintenance mode, and does not power hosts.
platform_open() { return 2; }
platform_close() { return 2; }
platform_on() { return 2; }
platform_off() { return 2; }
