
# Memory that a VM gives up for a while: taken before a move, given back where its host has room again.
# A platform that can do it defines: platform_memory (what the VM is given, VM_GIVEN, and holds, VM_HOLDS), platform_balloon
# (what stands against taking it, as platform_obstacles does), and platform_give (a row and MiB, or full).

# What a step does about memory: take before it, give after it, or nothing; the other one on the way back.
does() {
    REPLY=${M_DOES[$1]}
    ((!ROLLBACK)) || case $REPLY in
    take) REPLY=give ;;
    give) REPLY=take ;;
    esac
}

# Reads VM_GIVEN and VM_HOLDS; in a dry run as if the steps before had been done.
memory() {
    VM_GIVEN='' VM_HOLDS=''
    platform_memory "$1" || return 1
    whole "$VM_GIVEN" && whole "$VM_HOLDS" || because "its memory is told as '$VM_GIVEN', of which it holds '$VM_HOLDS'" || return 1
    local key="x${S_VM[$1]}"
    VM_GIVEN=${PRESSED[$key]-$VM_GIVEN}
    ((VM_HOLDS <= VM_GIVEN)) || ((EXECUTE)) || VM_HOLDS=$VM_GIVEN
}

# due ROW FOUND: by where its VM is (FOUND, of done_already) and by what it has, returns 0 if a step is done, 1 if all
# of it is to be done, 2 if it is wrong, 3 if only memory is to be changed.
due() {
    local row=$1 found=$2 here=${SIMULATED["x${S_VM[$1]}"]-$VM_HOST}
    host_id "${S_TO[row]}" || return 2
    # Elsewhere the VM has the step before it or behind it, and has memory as other steps say.
    [[ $here == "$REPLY" ]] || return "$found"
    memory "$row" || return 2
    if [[ ${S_DOES[row]} == take ]]; then
        [[ ${S_FROM[row]} == "${S_TO[row]}" ]] || return "$found"
        [[ $VM_POWER == on ]] && ((VM_GIVEN > S_LEFT[row] || VM_HOLDS > S_LEFT[row])) || return 0
        (needed "$row") || return 0
    else
        ((VM_GIVEN < S_FULL[row])) || return 0
    fi
    return 3
}

# Whether a step at a host, until that at which the VM gets its memory back, is still to be done: else it has been taken
# and given back already, or it need not be.
needed() {
    local row=$1 other last=$((S_NEXT[row] < 0 ? ${#S_NUMBER[@]} : S_NEXT[row]))
    for ((other = row + 1; other < last; other++)); do
        [[ ${S_FROM[other]} == "${S_TO[row]}" || ${S_TO[other]} == "${S_TO[row]}" ]] || continue
        look "$other" && done_already "$other" || return 0
    done
    return 1
}

# weigh ROW HOW: what the destination must have free, VM_MIB, and what is free afterwards where it comes from, NEEDS.
weigh() {
    local row=$1 how=$2 change
    memory "$row" || return 1
    # A dry run takes it to have given up what the steps before take.
    ((VM_MIB <= VM_GIVEN)) || ((EXECUTE)) || VM_MIB=$VM_GIVEN NEEDS[row]=$VM_GIVEN
    if [[ ${S_DOES[row]} == give ]]; then
        change=$((VM_GIVEN < S_FULL[row] ? S_FULL[row] - VM_GIVEN : 0))
        ((how == 3)) && VM_MIB=$change NEEDS[row]=0 || VM_MIB=$((VM_MIB + change))
    elif ((how == 3)); then
        NEEDS[row]=$((VM_HOLDS > S_LEFT[row] ? VM_HOLDS - S_LEFT[row] : 0)) VM_MIB=0
    else
        ((VM_MIB <= S_LEFT[row])) || VM_MIB=${S_LEFT[row]}
    fi
}

# Whether nothing stands against a step's change of memory.
may_change() {
    local row=$1
    [[ ${S_DOES[row]} == take && $VM_POWER == on ]] || return 0
    memory "$row" || return 1
    ((VM_GIVEN <= S_FULL[row])) || because "balloon: it has $VM_GIVEN MiB, and in the plan ${S_FULL[row]} MiB" || return 1
    obstacles platform_balloon "$row"
}

take() {
    local row=$1 until=$((SECONDS + BALLOON_S))
    [[ $VM_POWER == on ]] || return 0
    platform_give "$row" "${S_LEFT[row]}" || return 1
    ((EXECUTE)) || return 0
    while :; do
        memory "$row" || return 1
        ((VM_GIVEN > S_LEFT[row] || VM_HOLDS > S_LEFT[row])) || return 0
        ((SECONDS < until)) ||
            because "its guest still holds $VM_HOLDS MiB after $BALLOON_S s, not ${S_LEFT[row]} MiB" || return 1
        sleep "$POLL_S"
    done
}

give() {
    local row=$1 until=$((SECONDS + BALLOON_S))
    if ((EXECUTE)); then
        look "$row" || return 1
    else
        host_id "${S_TO[row]}" && VM_HOST=$REPLY
    fi
    platform_give "$row" full || return 1
    ((EXECUTE)) || return 0
    while :; do
        memory "$row" || return 1
        ((VM_GIVEN < S_FULL[row])) || return 0
        ((SECONDS < until)) || because "it still has $VM_GIVEN MiB after $BALLOON_S s, not ${S_FULL[row]} MiB" || return 1
        sleep "$POLL_S"
    done
}

before() { [[ ${S_DOES[$1]} != take ]] || take "$1"; }
after() { [[ ${S_DOES[$1]} != give ]] || give "$1"; }

# A step that failed leaves its VM with all its memory where that was taken for it: its host has held it so far.
regret() {
    local row=$1 why=$REASON name
    [[ ${S_DOES[row]} == take ]] || return 0
    named "${S_VM[row]}" && name=$REPLY
    if ! look "$row" || ! host_id "${S_FROM[row]}"; then
        warn "Whether VM $name has all its memory is not known: ${REASON:-no answer}."
    elif [[ $VM_HOST == "$REPLY" && $VM_POWER == on ]]; then
        platform_give "$row" full || warn "VM $name is left with ${S_LEFT[row]} MiB: $REASON."
    fi
    REASON=$why
}
