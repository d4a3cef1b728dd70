
# The part that is the same on every platform: options, order, throttles, stop, resume, rollback, journal.
# A platform defines: platform_start, platform_host_id, platform_host, platform_vm, platform_obstacles, platform_move,
# platform_left, platform_open, platform_close, platform_on and platform_off; where it cannot, the last four return 2.

((BASH_VERSINFO[0] >= 4)) || {
    echo 'FAIL This needs bash 4 or newer.' >&2
    exit 1
}

EXECUTE=0 ROLLBACK=0 RETIRE=0 POWER_OFF=0 UNATTENDED=0 IGNORE_EXPIRY=0
FROM_WAVE=1 TO_WAVE=2147483647 LAST_DONE=2147483647 PAUSE_S=120
PER_HOST=$PLAN_PER_HOST AT_ONCE=$PLAN_AT_ONCE
HOSTS_FILE=${HOSTS_FILE-} JOURNAL=${JOURNAL-"$(dirname -- "$0")/journal.csv"}
VERIFY_S=${VERIFY_S-60} BOOT_S=${BOOT_S-900} BALLOON_S=${BALLOON_S-300} POLL_S=${POLL_S-2}
SKIPPED=' ' STOPPING=0 LOCKED=0 FLIGHT='' REASON='' REPLY='' LAST_LINE=''
HOST_READY='' HOST_MIB=0 VM_ID='' VM_HOST='' VM_POWER='' VM_MIB=0 VM_BUSY=0 VM_GIVEN='' VM_HOLDS=''

M_NUMBER=() M_WAVE=() M_START=() M_END=() M_VM=() M_ID=() M_FROM=() M_TO=() M_LEFT=() M_FULL=() M_DOES=()
ROW_OF_NUMBER=()
NEW_NUMBER=() NEW_VM=() NEW_TO=() BOOT_WAVE=() BOOT_HOST=() FREED=() PIDS=() NEEDS=()
S_NUMBER=() S_WAVE=() S_START=() S_END=() S_VM=() S_ID=() S_FROM=() S_TO=() S_NEXT=() S_FIRST=()
S_LEFT=() S_FULL=() S_DOES=()
declare -A FREE=() LEFT_OVER=() SIMULATED=() PRESSED=() HOST_IDS=() UP=()

# Used by the plan. Where memory is taken from a VM, or given back, a move has what is left then, all of it, and which.
move() {
    ROW_OF_NUMBER[$1]=${#M_NUMBER[@]}
    M_NUMBER+=("$1") M_WAVE+=("$2") M_START+=("$3") M_END+=("$4") M_VM+=("$5") M_ID+=("$6") M_FROM+=("$7") M_TO+=("$8")
    M_LEFT+=("${9-}") M_FULL+=("${10-}") M_DOES+=("${11-}")
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
