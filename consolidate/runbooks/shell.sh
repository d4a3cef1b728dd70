
# The part that is the same on every platform: options, order, throttles, stop, resume, rollback, journal.
# A platform defines: platform_start, platform_host_id, platform_host, platform_vm, platform_obstacles, platform_move,
# platform_left, platform_open, platform_close, platform_on and platform_off; where it cannot, the last four return 2.

EXECUTE=0 ROLLBACK=0 RETIRE=0 POWER_OFF=0 UNATTENDED=0 IGNORE_EXPIRY=0
FROM_WAVE=1 TO_WAVE=2147483647 LAST_DONE=2147483647 PAUSE_S=120
PER_HOST=$PLAN_PER_HOST AT_ONCE=$PLAN_AT_ONCE
HOSTS_FILE=${HOSTS_FILE-} JOURNAL=${JOURNAL-"$(dirname -- "$0")/journal.csv"}
VERIFY_S=${VERIFY_S-60} BOOT_S=${BOOT_S-900} POLL_S=${POLL_S-2}
SKIPPED=' ' STOPPING=0 LOCKED=0 FLIGHT='' REASON='' REPLY='' LAST_LINE=''
HOST_READY='' HOST_MIB=0 VM_ID='' VM_HOST='' VM_POWER='' VM_MIB=0 VM_BUSY=0

M_NUMBER=() M_WAVE=() M_START=() M_END=() M_VM=() M_ID=() M_FROM=() M_TO=() ROW_OF_NUMBER=()
NEW_NUMBER=() NEW_VM=() NEW_TO=() BOOT_WAVE=() BOOT_HOST=() FREED=() PIDS=() NEEDS=()
S_NUMBER=() S_WAVE=() S_START=() S_END=() S_VM=() S_ID=() S_FROM=() S_TO=() S_NEXT=() S_FIRST=()
declare -A FREE=() SIMULATED=() HOST_IDS=() UP=()

# Used by the plan.
move() {
    ROW_OF_NUMBER[$1]=${#M_NUMBER[@]}
    M_NUMBER+=("$1") M_WAVE+=("$2") M_START+=("$3") M_END+=("$4") M_VM+=("$5") M_ID+=("$6") M_FROM+=("$7") M_TO+=("$8")
}
new() { NEW_NUMBER+=("$1") NEW_VM+=("$2") NEW_TO+=("$3"); }
boot() { BOOT_WAVE+=("$1") BOOT_HOST+=("$2"); }
freed() { FREED+=("$1"); }

now() { date -u +%Y-%m-%dT%H:%M:%SZ; }
say() { printf '%s %s\n' "$(now)" "$1"; }
warn() { printf '%s WARNING %s\n' "$(now)" "$1" >&2; }
die() {
    printf 'FAIL %s\n' "$1" >&2
    exit 1
}
because() {
    REASON=$1
    return 1
}
# Names are shown as the shell would have to be told them: no name can draw on the terminal.
named() { printf -v REPLY '%q' "$1"; }
whole() { [[ $1 =~ ^[0-9]{1,9}$ ]]; }

usage() {
    sed -n '2,/^$/s/^# \{0,1\}//p' -- "$0"
    exit 0
}

number_option() {
    whole "$2" || die "$1 takes a number, not '$2'."
    REPLY=$((10#$2))
}

options() {
    while (($#)); do
        case $1 in
        --execute) EXECUTE=1 ;;
        --rollback) ROLLBACK=1 ;;
        --retire) RETIRE=1 ;;
        --power-off) POWER_OFF=1 ;;
        --unattended) UNATTENDED=1 ;;
        --ignore-expiry) IGNORE_EXPIRY=1 ;;
        -h | --help) usage ;;
        --from-wave | --to-wave | --last-done | --per-host | --at-once | --pause | --hosts | --journal | --skip-check)
            (($# > 1)) || die "$1 takes a value."
            option "$1" "$2"
            shift
            ;;
        *) die "Option '$1' is unknown; --help shows all." ;;
        esac
        shift
    done
    ((PER_HOST > 0 && AT_ONCE > 0)) || die 'One move at a time is the least.'
}

option() {
    case $1 in
    --from-wave) number_option "$1" "$2" && FROM_WAVE=$REPLY ;;
    --to-wave) number_option "$1" "$2" && TO_WAVE=$REPLY ;;
    --last-done) number_option "$1" "$2" && LAST_DONE=$REPLY ;;
    --pause) number_option "$1" "$2" && PAUSE_S=$REPLY ;;
    --per-host) number_option "$1" "$2" && PER_HOST=$((REPLY < PLAN_PER_HOST ? REPLY : PLAN_PER_HOST)) ;;
    --at-once) number_option "$1" "$2" && AT_ONCE=$((REPLY < PLAN_AT_ONCE ? REPLY : PLAN_AT_ONCE)) ;;
    --hosts) HOSTS_FILE=$2 ;;
    --journal) JOURNAL=$2 ;;
    --skip-check)
        [[ " $CHECKS " == *" $2 "* ]] || die "--skip-check takes one of: $CHECKS."
        SKIPPED+="$2 "
        ;;
    esac
}

fresh() {
    [[ -n $PLAN_EXPIRES ]] || {
        warn 'The age of the inventory is unknown. Run consolidate check against a new one.'
        return 0
    }
    local text="The plan expired at $PLAN_EXPIRES. Run consolidate check against a new inventory."
    [[ $(now) > $PLAN_EXPIRES ]] || return 0
    ((!EXECUTE || IGNORE_EXPIRY || ROLLBACK)) || die "$text"
    warn "$text"
}

# The hosts file: a line a host, its name in the plan, a tab, what the platform calls it.
read_hosts() {
    [[ -n $HOSTS_FILE ]] || return 0
    local name id
    [[ -r $HOSTS_FILE ]] || die "The hosts file '$HOSTS_FILE' cannot be read."
    while IFS=$'\t' read -r name id || [[ -n $name ]]; do
        [[ -z $name || $name == '#'* ]] && continue
        [[ -n $id ]] || die "The hosts file has a line without a tab: '$name'."
        HOST_IDS["x$name"]=$id
    done <"$HOSTS_FILE"
}

host_id() {
    REPLY=${HOST_IDS["x$1"]-}
    [[ -n $REPLY ]] || platform_host_id "$1" || return 1
    HOST_IDS["x$1"]=$REPLY
}

lock() {
    ((EXECUTE)) || return 0
    [[ -w $(dirname -- "$JOURNAL") ]] || die "The journal '$JOURNAL' cannot be written."
    mkdir -- "$JOURNAL.lock" 2>/dev/null || die "Another run writes '$JOURNAL'. If none does, remove '$JOURNAL.lock'."
    LOCKED=1
}

leave() {
    ((!LOCKED)) || rmdir -- "$JOURNAL.lock"
}

field() {
    local quote='"' doubled='""'
    REPLY=$quote${1//"$quote"/"$doubled"}$quote
}

# journal ROW EVENT MESSAGE: one write a line, so that moves at the same time do not mix.
journal() {
    local row=$1 event=$2 message=$3 vm from to
    field "${S_VM[row]}" && vm=$REPLY
    field "${S_FROM[row]}" && from=$REPLY
    field "${S_TO[row]}" && to=$REPLY
    ((!ROLLBACK)) || message="rollback${message:+: $message}"
    field "$message"
    [[ -s $JOURNAL ]] || printf 'time,move,vm,source,destination,event,message\n' >>"$JOURNAL"
    printf '%s,%s,%s,%s,%s,%s,%s\n' "$(now)" "${S_NUMBER[row]}" "$vm" "$from" "$to" "$event" "$REPLY" >>"$JOURNAL"
}

# Runs a command that changes something, or shows it. A dry run changes nothing.
act() {
    local text code=0
    printf -v text '%q ' "$@"
    if ((!EXECUTE)); then
        say "WOULD RUN ${text% }"
        return 0
    fi
    say "RUN ${text% }"
    text=$("$@" 2>&1 </dev/null) || code=$?
    text=$(tr -d '\000-\010\013-\037\177' <<<"$text")
    LAST_LINE=${text##*$'\n'}
    [[ -z $text ]] || printf '%s\n' "$text"
    ((code == 0)) || because "$1 ended with status $code: ${LAST_LINE:0:300}"
}

# json EXPRESSION ARGUMENT...: prints what a Python expression makes of the JSON on standard input, d, and of the
# arguments, a; of a list each item on a line. Keys are in lower case, as their case differs between versions.
JSON_READER='
import json, sys
def lower(value):
    if isinstance(value, dict):
        return {key.lower(): lower(item) for key, item in value.items()}
    return [lower(item) for item in value] if isinstance(value, list) else value
documents, text = [], sys.stdin.read().strip()
while text:
    value, end = json.JSONDecoder().raw_decode(text)
    documents.append(lower(value))
    text = text[end:].lstrip()
d, a = documents[0] if len(documents) == 1 else documents, sys.argv[2:]
found = eval("(" + sys.argv[1] + ")")
for line in found if isinstance(found, list) else [found]:
    print(line)
'
json() { python3 -I -S -X utf8 -c "$JSON_READER" "$@"; }

step() {
    local row=$1 from=$2 to=$3
    S_NUMBER+=("${M_NUMBER[row]}") S_WAVE+=("${M_WAVE[row]}") S_VM+=("${M_VM[row]}") S_ID+=("${M_ID[row]}")
    S_FROM+=("$from") S_TO+=("$to")
    if ((ROLLBACK)); then
        S_START+=("$((-M_END[row]))") S_END+=("$((-M_START[row]))")
    else
        S_START+=("${M_START[row]}") S_END+=("${M_END[row]}")
    fi
}

steps() {
    local row number
    if ((ROLLBACK)); then
        for number in $PLAN_BACK; do
            row=${ROW_OF_NUMBER[number]}
            ((number <= LAST_DONE)) || continue
            step "$row" "${M_TO[row]}" "${M_FROM[row]}"
        done
    else
        for ((row = 0; row < ${#M_NUMBER[@]}; row++)); do
            step "$row" "${M_FROM[row]}" "${M_TO[row]}"
        done
    fi
    # A VM may move more than once: its first step, and of each step the next, -1 after the last.
    local -A next=()
    for ((row = ${#S_NUMBER[@]} - 1; row >= 0; row--)); do
        S_NEXT[row]=${next["x${S_VM[row]}"]--1}
        next["x${S_VM[row]}"]=$row
    done
    for ((row = 0; row < ${#S_NUMBER[@]}; row++)); do
        S_FIRST[row]=${next["x${S_VM[row]}"]}
    done
}

told() {
    local row=$1 vm from to
    named "${S_VM[row]}" && vm=$REPLY
    named "${S_FROM[row]}" && from=$REPLY
    named "${S_TO[row]}" && to=$REPLY
    say "$2 wave ${S_WAVE[row]} move ${S_NUMBER[row]}: $vm from $from to $to"
}

# Reads where the VM of a row is now: VM_ID, VM_HOST, VM_POWER, VM_MIB.
look() {
    VM_ID='' VM_HOST='' VM_POWER='' VM_MIB=0 VM_BUSY=0
    platform_vm "$1" || return 1
    whole "$VM_MIB" || because "its memory is told as '$VM_MIB'"
}

# Returns 0 if the row is done already, 1 if it is to be done, 2 if neither.
done_already() {
    local row=$1 here=${SIMULATED["x${S_VM[$1]}"]-$VM_HOST} later
    host_id "${S_FROM[row]}" || return 2
    [[ $here != "$REPLY" ]] || return 1
    for ((later = row; later >= 0; later = S_NEXT[later])); do
        host_id "${S_TO[later]}" || return 2
        [[ $here != "$REPLY" ]] || return 0
    done
    because "it is on $here, where the plan never has it at this step" || return 2
}

room() {
    local host=$1 key="x$1" name
    named "$host" && name=$REPLY
    if [[ -z ${FREE[$key]-} ]]; then
        HOST_READY='' HOST_MIB=0
        if [[ -n ${UP[$key]-} ]] && ((!EXECUTE)); then
            HOST_READY=yes HOST_MIB=999999999
        else
            platform_host "$host" || return 1
        fi
        [[ $HOST_READY == yes ]] || because "host $name is not ready: $HOST_READY" || return 1
        whole "$HOST_MIB" || because "the free memory of host $name is told as '$HOST_MIB'" || return 1
        FREE[$key]=$HOST_MIB
    fi
    # Through a variable of its own: in arithmetic the shell would evaluate the name within the brackets.
    local free=${FREE[$key]}
    [[ $SKIPPED == *' room '* ]] && return 0
    ((free >= VM_MIB)) || because "room: host $name has $free MiB free; it takes $VM_MIB MiB"
}

# Prints what stands against a move, less the checks that are left out. A platform prints CHECK: SENTENCE.
obstacles() {
    local found line check
    found=$(platform_obstacles "$1") || because "its checks could not be made: ${found:-no answer}" || return 1
    while IFS= read -r line; do
        check=${line%%:*}
        [[ -z $line || $SKIPPED == *" $check "* ]] || because "$line" || return 1
    done <<<"$found"
}

ends_there() {
    local row=$1 power=$2 until=$((SECONDS + VERIFY_S))
    while :; do
        if look "$row"; then
            host_id "${S_TO[row]}" || return 1
            [[ $VM_HOST != "$REPLY" || $VM_POWER != "$power" || $VM_BUSY == 1 ]] || return 0
            REASON="it is on $VM_HOST and $VM_POWER afterwards"
        fi
        ((!VM_BUSY)) || until=$((SECONDS + VERIFY_S))
        ((SECONDS < until || VM_BUSY)) || return 1
        sleep "$POLL_S"
    done
}

# One move from start to verified end; runs beside others.
carry_out() {
    local row=$1 power=$VM_POWER
    if platform_move "$row" && ends_there "$row" "$power"; then
        journal "$row" finished ''
        told "$row" DONE
        return 0
    fi
    journal "$row" failed "$REASON"
    named "${S_VM[row]}"
    printf 'FAIL move %s, VM %s: %s\n' "${S_NUMBER[row]}" "$REPLY" "$REASON" >&2
    return 1
}

# A trap interrupts wait; then the job is waited for again.
reap() {
    local code=0
    wait "$1" || code=$?
    while ((code > 128)) && kill -0 "$1" 2>/dev/null; do
        code=0
        wait "$1" || code=$?
    done
    ((code <= 128)) || { code=0 && wait "$1" || code=$?; }
    return "$code"
}

complete() {
    local row=$1 code=0 other left='' key="x${S_FROM[$1]}" free
    for other in $FLIGHT; do
        ((other == row)) || left+="$other "
    done
    FLIGHT=$left
    if ((EXECUTE)); then
        reap "${PIDS[row]}" || code=$?
    else
        host_id "${S_TO[row]}"
        SIMULATED["x${S_VM[row]}"]=$REPLY
    fi
    ((code == 0)) || return 1
    free=${FREE[$key]-}
    [[ -z $free ]] || FREE[$key]=$((free + NEEDS[row]))
}

busy() {
    local other
    REPLY=''
    for other in $FLIGHT; do
        [[ ${S_FROM[other]} != "$1" && ${S_TO[other]} != "$1" ]] || REPLY+="$other "
    done
}

# Waits for the moves that end before this one starts in the plan, then for a free place at both hosts and in all.
turn() {
    local row=$1 other host
    for other in $FLIGHT; do
        ((S_END[other] > S_START[row])) || complete "$other" || return 1
    done
    for host in "${S_FROM[row]}" "${S_TO[row]}"; do
        busy "$host"
        while [[ $(wc -w <<<"$REPLY") -ge $PER_HOST ]]; do
            complete "${REPLY%% *}" || return 1
            busy "$host"
        done
    done
    while [[ $(wc -w <<<"$FLIGHT") -ge $AT_ONCE ]]; do
        complete "${FLIGHT%% *}" || return 1
    done
}

begin() {
    local row=$1 found=0 free key="x${S_TO[$1]}"
    look "$row" || return 1
    done_already "$row" || found=$?
    if ((found == 0)); then
        told "$row" 'SKIP (done already)'
        return 0
    fi
    ((found == 1)) || return 1
    [[ $VM_BUSY == 0 ]] || because 'something else is being done with it' || return 1
    [[ $VM_POWER == on || $VM_POWER == off ]] || because "it is $VM_POWER" || return 1
    [[ $VM_POWER == on ]] || VM_MIB=0
    room "${S_TO[row]}" && obstacles "$row" || return 1
    free=${FREE[$key]}
    FREE[$key]=$((free - VM_MIB)) NEEDS[row]=$VM_MIB
    FLIGHT+="$row "
    if ((EXECUTE)); then
        told "$row" START
        journal "$row" started ''
        carry_out "$row" &
        PIDS[row]=$!
    else
        told "$row" 'WOULD START'
        VM_HOST=${SIMULATED["x${S_VM[row]}"]-$VM_HOST}
        platform_move "$row"
    fi
}

drain() {
    local row code=0
    for row in $FLIGHT; do
        complete "$row" || code=1
    done
    return "$code"
}

attempt() {
    REASON=''
    if turn "$1"; then
        ((!STOPPING)) || return 0
        begin "$1" && return 0
        named "${S_VM[$1]}"
        printf 'FAIL move %s, VM %s: %s\n' "${S_NUMBER[$1]}" "$REPLY" "$REASON" >&2
        # A check that fails before the start is told to those who track, too.
        ((!EXECUTE)) || journal "$1" failed "$REASON"
    fi
    return 1
}

wave() {
    local row code=0
    ((!EXECUTE)) || FREE=()
    for ((row = 0; row < ${#S_NUMBER[@]}; row++)); do
        ((S_WAVE[row] == $1)) || continue
        ((!STOPPING)) || break
        attempt "$row" || {
            code=1
            break
        }
    done
    drain || code=1
    return "$code"
}

# ready HOST: makes sure that a host takes VMs: powers it on and takes it out of maintenance, or asks people to.
ready() {
    local host=$1 name code=0 again=0 until=$((SECONDS + BOOT_S))
    named "$host" && name=$REPLY
    if platform_host "$host" && [[ $HOST_READY == yes ]]; then
        return 0
    fi
    say "Host $name is to be made ready."
    platform_on "$host" || say "NOT DONE HERE: power on host $name."
    while ((!STOPPING)); do
        # A host that has not booted yet does not listen; it is asked again.
        if ((SECONDS >= again)); then
            again=$((SECONDS + 30)) code=0
            platform_open "$host" || code=$?
            ((code != 2)) || say "NOT DONE HERE: take host $name out of maintenance."
            ((code != 2)) || again=$((until + 1))
        fi
        if ((!EXECUTE)); then
            UP["x$host"]=1
            return 0
        fi
        if platform_host "$host" && [[ $HOST_READY == yes ]]; then
            return 0
        fi
        ((SECONDS < until)) || break
        sleep "$POLL_S"
    done
    die "Host $name is not ready after $BOOT_S s: ${HOST_READY:-$REASON}"
}

# The hosts that must be up before a wave; on the way back, those that were freed, before the first.
ready_for() {
    local index row
    if ((!ROLLBACK)); then
        for ((index = 0; index < ${#BOOT_WAVE[@]}; index++)); do
            ((BOOT_WAVE[index] != $1)) || ready "${BOOT_HOST[index]}" || die "$REASON"
        done
        return 0
    fi
    for ((index = 0; index < ${#FREED[@]}; index++)); do
        for ((row = 0; row < ${#S_NUMBER[@]}; row++)); do
            ((S_WAVE[row] == $1)) && [[ ${S_TO[row]} == "${FREED[index]}" ]] || continue
            ready "${FREED[index]}" || die "$REASON"
            break
        done
    done
}

go_on() {
    ((EXECUTE)) || return 0
    if ((UNATTENDED)); then
        sleep "$PAUSE_S"
        return "$STOPPING"
    fi
    local answer=''
    read -r -p "Verify as the runbook says. Type GO to start wave $1: " answer || true
    [[ $answer == GO ]]
}

show_new() {
    local index verb='start on' vm
    ((!ROLLBACK)) || verb='shut down and remove, if it was started on'
    for ((index = 0; index < ${#NEW_NUMBER[@]}; index++)); do
        ((!ROLLBACK || NEW_NUMBER[index] <= LAST_DONE)) || continue
        named "${NEW_VM[index]}" && vm=$REPLY
        named "${NEW_TO[index]}"
        say "NOT DONE HERE: NEW VM $vm (move ${NEW_NUMBER[index]}): $verb $REPLY."
    done
}

run_waves() {
    local number previous=0 row waves=''
    for ((row = 0; row < ${#S_NUMBER[@]}; row++)); do
        ((S_WAVE[row] >= FROM_WAVE && S_WAVE[row] <= TO_WAVE && S_WAVE[row] != previous)) || continue
        previous=${S_WAVE[row]}
        waves+="$previous "
    done
    [[ -n $waves ]] || {
        say 'No moves to run.'
        return 0
    }
    previous=0
    for number in $waves; do
        ((previous == 0)) || go_on "$number" || STOPPING=1
        ((!STOPPING)) || die "Stopped before wave $number. Run again to go on, or with --rollback to take back."
        ready_for "$number"
        wave "$number" || die "Stopped in wave $number. Run again to go on, or with --rollback to take back."
        ((!STOPPING)) || die "Stopped in wave $number. Run again to go on, or with --rollback to take back."
        previous=$number
    done
    ((EXECUTE)) && say 'All moves of this run are done.' || say 'Dry run: nothing was changed. Add --execute to run it.'
}

# Freed hosts: empty, then maintenance, then off; in the plan's order.
retire() {
    local index host name code
    for ((index = 0; index < ${#FREED[@]}; index++)); do
        host=${FREED[index]}
        named "$host" && name=$REPLY
        platform_left "$host" || die "Host $name: $REASON."
        [[ $REPLY == 0 ]] || die "Host $name is not empty: VMs on it: $REPLY."
        code=0
        platform_close "$host" || code=$?
        ((code == 0 || code == 2)) || die "Host $name: $REASON."
        ((code == 0)) || say "NOT DONE HERE: put host $name in maintenance."
        ((POWER_OFF)) || continue
        code=0
        platform_off "$host" || code=$?
        ((code == 0 || code == 2)) || die "Host $name: $REASON."
        ((code == 0)) || say "NOT DONE HERE: shut host $name down."
    done
    ((EXECUTE)) || say 'Dry run: nothing was changed. Add --execute to run it.'
}

main() {
    options "$@"
    plan
    read_hosts
    fresh
    lock
    trap leave EXIT
    trap 'STOPPING=1; warn "Stopping: moves under way are waited for."' INT TERM
    platform_start || die "$REASON"
    if ((RETIRE)); then
        retire
        return
    fi
    named "$PLAN_SOURCE"
    say "Plan $REPLY, made with dc-consolidate $PLAN_VERSION: ${#M_NUMBER[@]} moves."
    show_new
    steps
    run_waves
}

main "$@"
