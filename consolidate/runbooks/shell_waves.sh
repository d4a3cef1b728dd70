
# Hosts, waves, and what is done with which options.

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
