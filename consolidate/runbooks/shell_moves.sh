
# Moves: their order, checks, throttles, start and verified end.

step() {
    local row=$1 from=$2 to=$3
    S_NUMBER+=("${M_NUMBER[row]}") S_WAVE+=("${M_WAVE[row]}") S_VM+=("${M_VM[row]}") S_ID+=("${M_ID[row]}")
    S_FROM+=("$from") S_TO+=("$to") S_LEFT+=("${M_LEFT[row]}") S_FULL+=("${M_FULL[row]}")
    does "$row" && S_DOES+=("$REPLY")
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
    [[ ${S_FROM[row]} == "${S_TO[row]}" ]] && to='its memory' || to="from $from to $to"
    say "$2 wave ${S_WAVE[row]} move ${S_NUMBER[row]}: $vm $to"
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
    local host=$1 key="x$1" name free
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
        # A dry run adds what it took to have left the host before it was first looked at.
        free=${LEFT_OVER[$key]-0}
        FREE[$key]=$((HOST_MIB + free))
    fi
    # Through a variable of its own: in arithmetic the shell would evaluate the name within the brackets.
    free=${FREE[$key]}
    [[ $SKIPPED == *' room '* ]] && return 0
    ((free >= VM_MIB)) || because "room: host $name has $free MiB free; it takes $VM_MIB MiB"
}

# obstacles WHAT ROW: fails with what stands against a step, less the checks that are left out; the platform's WHAT
# prints a line each, CHECK: SENTENCE.
obstacles() {
    local found line check
    found=$("$1" "$2") || because "its checks could not be made: ${found:-no answer}" || return 1
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

# travel ROW HOW POWER: the move itself, unless only memory is changed.
travel() { (($2 == 3)) || { platform_move "$1" && ends_there "$1" "$3"; }; }

# One step from start to verified end; runs beside others.
carry_out() {
    local row=$1 how=$2 power=$VM_POWER
    if before "$row" && travel "$row" "$how" "$power" && after "$row"; then
        journal "$row" finished ''
        told "$row" DONE
        return 0
    fi
    regret "$row"
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
        case ${S_DOES[row]} in
        take) PRESSED["x${S_VM[row]}"]=${S_LEFT[row]} ;;
        give) PRESSED["x${S_VM[row]}"]=${S_FULL[row]} ;;
        esac
    fi
    ((code == 0)) || return 1
    free=${FREE[$key]-}
    if [[ -n $free ]]; then
        FREE[$key]=$((free + NEEDS[row]))
    elif ((!EXECUTE)); then
        free=${LEFT_OVER[$key]-0}
        LEFT_OVER[$key]=$((free + NEEDS[row]))
    fi
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
    if [[ -n ${S_DOES[row]} ]] && ((found < 2)); then
        due "$row" "$found" && found=0 || found=$?
    fi
    if ((found == 0)); then
        told "$row" 'SKIP (done already)'
        return 0
    fi
    ((found != 2)) || return 1
    [[ $VM_BUSY == 0 ]] || because 'something else is being done with it' || return 1
    [[ $VM_POWER == on || $VM_POWER == off ]] || because "it is $VM_POWER" || return 1
    [[ $VM_POWER == on ]] || VM_MIB=0
    NEEDS[row]=$VM_MIB
    if [[ -n ${S_DOES[row]} ]]; then
        may_change "$row" && weigh "$row" "$found" || return 1
    fi
    room "${S_TO[row]}" || return 1
    ((found == 3)) || obstacles platform_obstacles "$row" || return 1
    free=${FREE[$key]}
    FREE[$key]=$((free - VM_MIB))
    FLIGHT+="$row "
    if ((EXECUTE)); then
        told "$row" START
        journal "$row" started ''
        carry_out "$row" "$found" &
        PIDS[row]=$!
    else
        told "$row" 'WOULD START'
        VM_HOST=${SIMULATED["x${S_VM[row]}"]-$VM_HOST}
        before "$row"
        ((found == 3)) || platform_move "$row"
        after "$row"
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
