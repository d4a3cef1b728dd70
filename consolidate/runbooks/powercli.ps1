#Requires -Version 5.1
<#
.SYNOPSIS
Runs a consolidation plan wave by wave. Without -Execute nothing is changed: every step is checked and shown.

.DESCRIPTION
Connect to vCenter first (Connect-VIServer). Moves that are done already are skipped, so the script may be run again
after a stop. It stops at the first move that fails a check, does not succeed, or does not end where it should; moves
under way are then waited for. A move starts only when all moves that end before it in the plan have ended.

The DRS level of the clusters concerned is written to -DrsRecord and set to Manual. It stays so until -RestoreDrs is
given: restored before the freed hosts are in maintenance mode, DRS would undo the plan.

.PARAMETER Execute
Change something.
.PARAMETER FromWave
The first wave to run.
.PARAMETER ToWave
The last wave to run.
.PARAMETER Rollback
Take the moves back, in reverse order, from any point.
.PARAMETER LastDone
With -Rollback: number of the last move that was started; later ones are left out.
.PARAMETER PerHost
Moves at one host at the same time; never more than planned.
.PARAMETER PauseS
Seconds between waves when nobody is asked.
.PARAMETER Unattended
Do not ask between waves.
.PARAMETER IgnoreExpiry
Run a plan that has expired. Run 'consolidate check' instead.
.PARAMETER RestoreDrs
Set the DRS level of the clusters back to what was recorded, and do nothing else.
.PARAMETER DrsRecord
File that keeps the DRS levels.
.PARAMETER SkipCheck
Of cpu, snapshot, iso, device, storage, network, balloon, the checks of a move to leave out.
.PARAMETER BalloonS
Seconds that a guest gets to hand over memory that is taken from it for a while.
.PARAMETER Journal
File to which what happens is added as CSV.

.EXAMPLE
./plan.ps1
Checks all moves and shows what would be done.
.EXAMPLE
./plan.ps1 -Execute -ToWave 1
Runs the pilot wave.
.EXAMPLE
./plan.ps1 -Execute -Rollback -LastDone 17
Takes back moves 17 to 1.
#>
[CmdletBinding()]
param(
    [switch]$Execute,
    [ValidateRange(1, 2147483647)][int]$FromWave = 1,
    [ValidateRange(1, 2147483647)][int]$ToWave = 2147483647,
    [switch]$Rollback,
    [ValidateRange(0, 2147483647)][int]$LastDone = 2147483647,
    [ValidateRange(1, 2147483647)][int]$PerHost = 2147483647,
    [ValidateRange(0, 86400)][int]$PauseS = 120,
    [switch]$Unattended,
    [switch]$IgnoreExpiry,
    [switch]$RestoreDrs,
    [string]$DrsRecord = (Join-Path -Path $PSScriptRoot -ChildPath 'drs-levels.csv'),
    [ValidateSet('cpu', 'snapshot', 'iso', 'device', 'storage', 'network', 'balloon')][string[]]$SkipCheck = @(),
    [ValidateRange(0, 86400)][int]$BalloonS = 300,
    [string]$Journal = (Join-Path -Path $PSScriptRoot -ChildPath 'journal.csv')
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# BEGIN PLAN
# END PLAN

$script:InFlight = @()
$script:Simulated = [hashtable]::new([StringComparer]::Ordinal)
$script:Pressed = [hashtable]::new([StringComparer]::Ordinal)
$script:HostsByName = @{}
$script:FreeMiB = @{}
$script:IdsByName = [hashtable]::new([StringComparer]::Ordinal)

function Assert-Connection {
    $known = Get-Variable -Name 'DefaultVIServers' -Scope 'Global' -ValueOnly -ErrorAction 'SilentlyContinue'
    $connected = @(foreach ($server in $known) { if ($server.IsConnected) { $server } })
    if ($connected.Count -eq 0) {
        throw 'Not connected to a vCenter. Run Connect-VIServer first.'
    }
}

function Assert-Fresh {
    if (-not $Plan.Expires) {
        Write-Warning -Message 'The age of the inventory is unknown. Run consolidate check against a new one.'
        return
    }
    $expires = [datetime]::Parse($Plan.Expires, [cultureinfo]::InvariantCulture, 'AdjustToUniversal, AssumeUniversal')
    if ([datetime]::UtcNow -le $expires) {
        return
    }
    $text = "The plan expired at $($Plan.Expires) UTC. Run consolidate check against a new inventory."
    if ($Execute -and -not $IgnoreExpiry -and -not $Rollback) {
        throw $text
    }
    Write-Warning -Message $text
}

function Get-Step {
    # The steps of this run in order. DoneAt are the hosts at which a VM has this step behind it.
    if ($Rollback) {
        $steps = @($Moves | Where-Object -FilterScript { $_.Number -le $LastDone } | ForEach-Object -Process {
                [pscustomobject]@{
                    Number = $_.Number; Wave = $_.Wave; StartS = -$_.EndS; EndS = -$_.StartS; VM = $_.VM; Id = $_.Id
                    From = $_.To; To = $_.From; DoneAt = @(); Left = $_.Left; Full = $_.Full
                    Does = switch ($_.Does) { 'take' { 'give' } 'give' { 'take' } default { '' } }
                }
            } | Sort-Object -Property @{ Expression = 'Wave'; Descending = $true }, 'StartS', @{ Expression = 'Number'; Descending = $true })
    } else {
        $steps = @($Moves | ForEach-Object -Process {
                [pscustomobject]@{
                    Number = $_.Number; Wave = $_.Wave; StartS = $_.StartS; EndS = $_.EndS; VM = $_.VM; Id = $_.Id
                    From = $_.From; To = $_.To; DoneAt = @(); Left = $_.Left; Full = $_.Full
                    Does = $_.Does
                }
            })
    }
    $later = [hashtable]::new([StringComparer]::Ordinal)
    for ($index = $steps.Count - 1; $index -ge 0; $index--) {
        $step = $steps[$index]
        $behind = @($step.To)
        if ($later.ContainsKey($step.VM)) {
            $behind += $later[$step.VM]
        }
        $later[$step.VM] = $behind
        $step.DoneAt = $behind
    }
    $steps
}

function Read-HostState {
    # What hosts have free now. Within a wave it is reckoned on, because statistics lag behind.
    foreach ($vmhost in @(Get-VMHost)) {
        $script:HostsByName[$vmhost.Name] = $vmhost
        $script:FreeMiB[$vmhost.Name] = $vmhost.MemoryTotalMB - $vmhost.MemoryUsageMB
    }
}

function Read-VmId {
    # Names by exact comparison: Get-VM -Name would take * ? [ ] in a name for wildcards.
    foreach ($view in @(Get-View -ViewType 'VirtualMachine' -Property 'Name')) {
        foreach ($name in @($view.Name, [uri]::UnescapeDataString($view.Name)) | Select-Object -Unique) {
            $script:IdsByName[$name] = @($script:IdsByName[$name] | Where-Object -FilterScript { $_ }) + "$($view.MoRef)"
        }
    }
}

function Get-PlannedVm($Step) {
    $ids = @(if ($Step.Id) { $Step.Id } else { $script:IdsByName[$Step.VM] | Where-Object -FilterScript { $_ } })
    if ($ids.Count -ne 1) {
        throw "FAIL move $($Step.Number): $($ids.Count) VMs are named '$($Step.VM)'; one is needed."
    }
    $found = @(Get-VM -Id $ids[0] -ErrorAction 'SilentlyContinue')
    if ($found.Count -ne 1) {
        throw "FAIL move $($Step.Number): VM '$($Step.VM)' ($($ids[0])) is not there, or is a template."
    }
    $names = @($found[0].Name, $found[0].ExtensionData.Name)
    if ($names -cnotcontains $Step.VM) {
        throw "FAIL move $($Step.Number): $($ids[0]) is named '$($found[0].Name)', not '$($Step.VM)'. Is this the right vCenter?"
    }
    $found[0]
}

function Get-NeededMiB($Vm) {
    if ("$($Vm.PowerState)" -ne 'PoweredOn') {
        return 0
    }
    $consumed = $Vm.ExtensionData.Summary.QuickStats.HostMemoryUsage
    if ($consumed) { $consumed } else { $Vm.MemoryMB }
}

function Test-Done($Step, $Vm) {
    # True: done already. False: to be done. Anything else is a failure.
    $here = if ($script:Simulated.ContainsKey($Step.VM)) { $script:Simulated[$Step.VM] } else { $Vm.VMHost.Name }
    if ($here -eq $Step.From) {
        return $false
    }
    if ($Step.DoneAt -contains $here) {
        return $true
    }
    throw "FAIL move $($Step.Number): VM '$($Step.VM)' is on '$here', neither on '$($Step.From)' nor on '$($Step.To)'."
}

function Get-Memory($Step, $Vm) {
    # What a VM is given by its limit, and what it then holds, as its balloon driver hands memory over.
    $view = Get-View -Id $Vm.Id -Property 'Config', 'Summary'
    $limit = $view.Config.MemoryAllocation.Limit
    $size = $view.Config.Hardware.MemoryMB
    $stats = $view.Summary.QuickStats
    $given = if ($null -ne $limit -and $limit -ge 0) { [math]::Min($limit, $size) } else { $size }
    if ($script:Pressed.ContainsKey($Step.VM)) {
        $given = $script:Pressed[$Step.VM]
    }
    [pscustomobject]@{ Given = $given; Holds = $stats.HostMemoryUsage - $stats.ConsumedOverheadMemory }
}

function Set-Memory($Step, $Vm, $MiB) {
    # Limits what a VM takes of its host; no MiB is no limit.
    $null = Get-VMResourceConfiguration -VM $Vm |
        Set-VMResourceConfiguration -MemLimitMB $MiB -Confirm:$false -WhatIf:(-not $Execute)
    if (-not $Execute) {
        $script:Pressed[$Step.VM] = if ($null -eq $MiB) { $Step.Full } else { $MiB }
    }
}

function Get-MemoryObstacle($Step, $Vm) {
    $config = $Vm.ExtensionData.Config
    $allocation = $config.MemoryAllocation
    if ("$($Vm.ExtensionData.Guest.ToolsRunningStatus)" -ne 'guestToolsRunning') {
        'balloon: VMware Tools, which have its driver, do not run'
    }
    if ($allocation.Reservation -gt $Step.Left) {
        "balloon: $($allocation.Reservation) MiB are reserved for it"
    }
    if ($null -ne $allocation.Limit -and $allocation.Limit -notin -1, $Step.Left) {
        "balloon: it has a limit of its own, $($allocation.Limit) MiB"
    }
    if ($config.Hardware.MemoryMB -ne $Step.Full) {
        "balloon: it has $($config.Hardware.MemoryMB) MiB, and in the plan $($Step.Full) MiB"
    }
}

function Receive-Memory($Step, $Vm) {
    # Takes memory, and waits until the guest has handed it over; where it does not, it keeps all.
    if ("$($Vm.PowerState)" -ne 'PoweredOn') {
        return
    }
    Set-Memory -Step $Step -Vm $Vm -MiB $Step.Left
    $until = [datetime]::UtcNow.AddSeconds($BalloonS)
    while ($Execute) {
        $holds = (Get-Memory -Step $Step -Vm $Vm).Holds
        if ($holds -le $Step.Left) {
            return
        }
        if ([datetime]::UtcNow -ge $until) {
            Set-Memory -Step $Step -Vm $Vm -MiB $null
            throw "FAIL move $($Step.Number): the guest of '$($Step.VM)' still holds $holds MiB after $BalloonS s, not $($Step.Left)."
        }
        Start-Sleep -Seconds 2
    }
}

function Test-Needed($Step) {
    # Whether a step at a host, until that at which the VM gets its memory back, is still to be done.
    $later = $false
    foreach ($other in @(Get-Step)) {
        if ($later) {
            if ($other.VM -ceq $Step.VM) {
                return $false
            }
            if ($Step.To -in $other.From, $other.To -and -not (Test-Done -Step $other -Vm (Get-PlannedVm -Step $other))) {
                return $true
            }
        }
        $later = $later -or $other.Number -eq $Step.Number
    }
    $false
}

function Get-Due($Step, $Vm) {
    # What is to be done of a step: nothing, all of it, or only what it does about memory.
    $whole = if (Test-Done -Step $Step -Vm $Vm) { 'nothing' } else { 'all' }
    $here = if ($script:Simulated.ContainsKey($Step.VM)) { $script:Simulated[$Step.VM] } else { $Vm.VMHost.Name }
    if (-not $Step.Does -or $here -ne $Step.To -or ($Step.Does -eq 'take' -and $Step.From -ne $Step.To)) {
        return $whole
    }
    $given = (Get-Memory -Step $Step -Vm $Vm).Given
    if ($Step.Does -eq 'take') {
        $has = $given -le $Step.Left -or "$($Vm.PowerState)" -ne 'PoweredOn'
        return $(if ($has -or -not (Test-Needed -Step $Step)) { 'nothing' } else { 'memory' })
    }
    $(if ($given -ge $Step.Full) { 'nothing' } else { 'memory' })
}

function Get-Need($Step, $Vm, [string]$Due) {
    # What the destination must have free, and what the source has more of afterwards.
    $needed = Get-NeededMiB -Vm $Vm
    $missing = if ($Step.Does -eq 'give') { $Step.Full - (Get-Memory -Step $Step -Vm $Vm).Given } else { 0 }
    $there = switch ($Step.Does) {
        'take' { [math]::Min($needed, $Step.Left) }
        'give' { $needed + $missing }
        default { $needed }
    }
    if ($Due -eq 'memory') {
        $there = $missing
        $needed = if ($Step.Does -eq 'take') { [math]::Max($needed - $Step.Left, 0) } else { 0 }
    }
    [pscustomobject]@{ There = $there; Here = $needed }
}

function Invoke-Memory($Step, $Vm, $Need) {
    # A step that only changes memory.
    try {
        if ($Step.Does -eq 'take') {
            Receive-Memory -Step $Step -Vm $Vm
        } else {
            Set-Memory -Step $Step -Vm $Vm -MiB $null
        }
    } catch {
        Write-Journal -Step $Step -What 'failed' -Message "$_"
        throw
    }
    $script:FreeMiB[$Step.From] += $Need.Here
    Write-Journal -Step $Step -What 'finished'
    Write-Step -Step $Step -State $(if ($Execute) { 'DONE' } else { 'WOULD BE DONE' })
}

function Restore-Memory($Step, $Vm) {
    # A move that failed leaves its VM with all its memory where that was taken for it.
    if ($Step.Does -ne 'take' -or -not $Execute) {
        return
    }
    try {
        $now = Get-VM -Id $Vm.Id
        if ($now.VMHost.Name -eq $Step.From) {
            Set-Memory -Step $Step -Vm $now -MiB $null
        }
    } catch {
        Write-Warning -Message "VM '$($Step.VM)' is left with $($Step.Left) MiB: $_"
    }
}

function Assert-Destination($Step, $NeededMiB) {
    $vmhost = $script:HostsByName[$Step.To]
    if (-not $vmhost) {
        throw "FAIL move $($Step.Number): host '$($Step.To)' is not there."
    }
    if ("$((Get-VMHost -Id $vmhost.Id).ConnectionState)" -ne 'Connected') {
        throw "FAIL move $($Step.Number): host '$($Step.To)' is not connected, or is in maintenance mode."
    }
    $free = $script:FreeMiB[$Step.To]
    if ($free -lt $NeededMiB) {
        throw "FAIL move $($Step.Number): host '$($Step.To)' has $([int]$free) MiB free; '$($Step.VM)' takes $([int]$NeededMiB) MiB."
    }
}

function Get-Obstacle($Step, $Vm) {
    # What speaks against a move, as a check and a sentence each.
    $view = $Vm.ExtensionData
    $target = Get-View -Id $script:HostsByName[$Step.To].Id -Property 'Datastore', 'Network', 'Summary'
    $source = Get-View -Id $Vm.VMHost.Id -Property 'Summary'
    if ($view.Snapshot) {
        'snapshot: it has a snapshot'
    }
    foreach ($device in @($view.Config.Hardware.Device)) {
        $kind = $device.GetType().Name
        $label = $device.DeviceInfo.Label
        if ($kind -in 'VirtualCdrom', 'VirtualFloppy' -and $device.Connectable -and $device.Connectable.Connected) {
            "iso: a medium is in its drive: $label"
        }
        if ($kind -in 'VirtualPCIPassthrough', 'VirtualSriovEthernetCard', 'VirtualUSB', 'VirtualSCSIPassthrough') {
            "device: it holds a device of its host: $label"
        }
    }
    $stores = @($target.Datastore | ForEach-Object -Process { "$_" })
    $networks = @($target.Network | ForEach-Object -Process { "$_" })
    @($view.Datastore | Where-Object -FilterScript { $_ -and $stores -notcontains "$_" }) | ForEach-Object -Process {
        "storage: the destination does not reach $_"
    }
    @($view.Network | Where-Object -FilterScript { $_ -and $networks -notcontains "$_" }) | ForEach-Object -Process {
        "network: the destination does not reach $_"
    }
    $level = $target.Summary.CurrentEVCModeKey
    $same = $target.Summary.Hardware.CpuModel -eq $source.Summary.Hardware.CpuModel
    if ("$($Vm.PowerState)" -eq 'PoweredOn' -and -not $same -and -not ($level -and $level -eq $source.Summary.CurrentEVCModeKey)) {
        "cpu: the destination's processor is another, and EVC does not level the two"
    }
}

function Assert-Movable($Step, $Vm, [string]$Due) {
    $found = @(if ($Due -eq 'all') { Get-Obstacle -Step $Step -Vm $Vm })
    if ($Step.Does -eq 'take' -and "$($Vm.PowerState)" -eq 'PoweredOn') {
        $found += @(Get-MemoryObstacle -Step $Step -Vm $Vm)
    }
    foreach ($obstacle in $found) {
        if ($SkipCheck -notcontains $obstacle.Split(':')[0]) {
            throw "FAIL move $($Step.Number): VM '$($Step.VM)': $obstacle."
        }
    }
}

function ConvertTo-Field([string]$Text) {
    '"' + $Text.Replace('"', '""') + '"'
}

function Write-Journal($Step, [string]$What, [string]$Message = '') {
    # Lines are added without a byte order mark, which Windows PowerShell 5.1 would write.
    if (-not $Execute) {
        return
    }
    $path = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Journal)
    $plain = [Text.UTF8Encoding]::new($false)
    if (-not (Test-Path -LiteralPath $path)) {
        [IO.File]::AppendAllText($path, "time,move,vm,source,destination,event,message`n", $plain)
    }
    $said = @(if ($Rollback) { 'rollback' }; if ($Message) { $Message }) -join ': '
    $names = @($Step.VM, $Step.From, $Step.To | ForEach-Object -Process { ConvertTo-Field -Text $_ }) -join ','
    $time = [datetime]::UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", [cultureinfo]::InvariantCulture)
    [IO.File]::AppendAllText($path, "$time,$($Step.Number),$names,$What,$(ConvertTo-Field -Text $said)`n", $plain)
}

function Write-Step($Step, [string]$State) {
    $time = Get-Date -Format 'yyyy-MM-ddTHH:mm:ssK'
    Write-Host -Object "$time $State wave $($Step.Wave) move $($Step.Number): '$($Step.VM)' from '$($Step.From)' to '$($Step.To)'"
}

function Assert-Arrived($Entry) {
    $step = $Entry.Step
    $null = Wait-Task -Task $Entry.Task
    $vm = Get-VM -Id $Entry.Id
    if ($vm.VMHost.Name -ne $step.To) {
        throw "FAIL move $($step.Number): VM '$($step.VM)' ended on '$($vm.VMHost.Name)'."
    }
    if ("$($vm.PowerState)" -ne $Entry.PowerState -or "$($vm.ExtensionData.Runtime.ConnectionState)" -ne 'connected') {
        throw "FAIL move $($step.Number): VM '$($step.VM)' is $($vm.PowerState), $($vm.ExtensionData.Runtime.ConnectionState)."
    }
}

function Complete-Step($Entry) {
    # Waits for a move under way, and verifies where it ended.
    $step = $Entry.Step
    $script:InFlight = @($script:InFlight | Where-Object -FilterScript { $_.Step.Number -ne $step.Number })
    if ($Execute) {
        try {
            Assert-Arrived -Entry $Entry
            if ($step.Does -eq 'give') {
                Set-Memory -Step $step -Vm (Get-VM -Id $Entry.Id) -MiB $null
            }
        } catch {
            Restore-Memory -Step $step -Vm $Entry
            Write-Journal -Step $step -What 'failed' -Message "$_"
            throw
        }
        Write-Journal -Step $step -What 'finished'
    } else {
        $script:Simulated[$step.VM] = $step.To
        if ($step.Does -eq 'give') {
            Set-Memory -Step $step -Vm (Get-VM -Id $Entry.Id) -MiB $null
        }
    }
    $script:FreeMiB[$step.From] += $Entry.FreedMiB
    Write-Step -Step $step -State $(if ($Execute) { 'DONE' } else { 'WOULD BE DONE' })
}

function Wait-Turn($Step) {
    # Waits for the moves that must have ended, then for a free place at both hosts.
    foreach ($entry in @($script:InFlight | Where-Object -FilterScript { $_.Step.EndS -le $Step.StartS })) {
        Complete-Step -Entry $entry
    }
    foreach ($name in $Step.From, $Step.To) {
        $busy = @($script:InFlight | Where-Object -FilterScript { $_.Step.From -eq $name -or $_.Step.To -eq $name })
        for ($index = 0; $busy.Count - $index -ge [math]::Min($PerHost, $Plan.PerHost); $index++) {
            Complete-Step -Entry $busy[$index]
        }
    }
}

function Start-Step($Step) {
    $vm = Get-PlannedVm -Step $Step
    $due = Get-Due -Step $Step -Vm $vm
    if ($due -eq 'nothing') {
        Write-Step -Step $Step -State 'SKIP (done already)'
        return
    }
    $need = Get-Need -Step $Step -Vm $vm -Due $due
    Assert-Destination -Step $Step -NeededMiB $need.There
    Assert-Movable -Step $Step -Vm $vm -Due $due
    $script:FreeMiB[$Step.To] -= $need.There
    Write-Step -Step $Step -State $(if ($Execute) { 'START' } else { 'WOULD START' })
    Write-Journal -Step $Step -What 'started'
    if ($due -eq 'memory') {
        Invoke-Memory -Step $Step -Vm $vm -Need $need
        return
    }
    try {
        if ($Step.Does -eq 'take') {
            Receive-Memory -Step $Step -Vm $vm
        }
        $task = Move-VM -VM $vm -Destination $script:HostsByName[$Step.To] -RunAsync -Confirm:$false -WhatIf:(-not $Execute)
    } catch {
        Restore-Memory -Step $Step -Vm $vm
        Write-Journal -Step $Step -What 'failed' -Message "$_"
        throw
    }
    $script:InFlight += [pscustomobject]@{
        Step = $Step; Task = $task; Id = $vm.Id; PowerState = "$($vm.PowerState)"; FreedMiB = $need.Here
    }
}

function Invoke-Wave($Steps) {
    try {
        foreach ($step in $Steps) {
            Wait-Turn -Step $step
            Start-Step -Step $step
        }
        foreach ($entry in @($script:InFlight)) {
            Complete-Step -Entry $entry
        }
    } catch {
        foreach ($entry in @($script:InFlight)) {
            try { Complete-Step -Entry $entry } catch { Write-Warning -Message "$_" }
        }
        throw
    }
}

function Get-PlanCluster {
    $names = @($Moves | ForEach-Object -Process { $_.From; $_.To } | Sort-Object -Unique)
    @($names | Where-Object -FilterScript { $script:HostsByName.ContainsKey($_) } | ForEach-Object -Process {
            Get-Cluster -VMHost $script:HostsByName[$_] -ErrorAction 'SilentlyContinue'
        } | Sort-Object -Property 'Id' -Unique)
}

function Set-DrsManual {
    $recorded = @(if (Test-Path -LiteralPath $DrsRecord) { Import-Csv -LiteralPath $DrsRecord | ForEach-Object -Process { $_.Id } })
    foreach ($cluster in @(Get-PlanCluster)) {
        if (-not $cluster.DrsEnabled -or "$($cluster.DrsAutomationLevel)" -eq 'Manual') {
            continue
        }
        if ($Execute -and $recorded -notcontains $cluster.Id) {
            [pscustomobject]@{ Id = $cluster.Id; Name = $cluster.Name; Level = "$($cluster.DrsAutomationLevel)" } |
                Export-Csv -LiteralPath $DrsRecord -Append -NoTypeInformation -Encoding 'UTF8'
        }
        $null = Set-Cluster -Cluster $cluster -DrsAutomationLevel 'Manual' -Confirm:$false -WhatIf:(-not $Execute)
    }
}

function Restore-Drs {
    if (-not (Test-Path -LiteralPath $DrsRecord)) {
        Write-Host -Object "Nothing to restore: '$DrsRecord' is not there."
        return
    }
    foreach ($row in @(Import-Csv -LiteralPath $DrsRecord)) {
        $cluster = Get-Cluster -Id $row.Id
        $null = Set-Cluster -Cluster $cluster -DrsAutomationLevel $row.Level -Confirm:$false -WhatIf:(-not $Execute)
        Write-Host -Object "DRS of cluster '$($row.Name)': $($row.Level)$(if (-not $Execute) { ' (not changed)' })"
    }
    if ($Execute) {
        Remove-Item -LiteralPath $DrsRecord
    }
}

function Confirm-NextWave([int]$Wave) {
    if (-not $Execute) {
        return $true
    }
    if ($Unattended) {
        Start-Sleep -Seconds $PauseS
        return $true
    }
    (Read-Host -Prompt "Verify as the runbook says. Type GO to start wave $Wave") -ceq 'GO'
}

function Show-NewVm {
    # VMs that were on no host cannot be moved; somebody starts them, or removes them on the way back.
    $verb = if ($Rollback) { 'shut down and remove, if it was started on' } else { 'start on' }
    foreach ($new in @($NewVms | Where-Object -FilterScript { -not $Rollback -or $_.Number -le $LastDone })) {
        Write-Host -Object "NOT DONE HERE: NEW VM '$($new.VM)' (move $($new.Number)): $verb '$($new.To)'."
    }
}

function Invoke-Plan {
    Show-NewVm
    $steps = @(Get-Step | Where-Object -FilterScript { $_.Wave -ge $FromWave -and $_.Wave -le $ToWave })
    if ($steps.Count -eq 0) {
        Write-Host -Object 'No moves to run.'
        return
    }
    Assert-Fresh
    Read-HostState
    if (@($steps | Where-Object -FilterScript { -not $_.Id }).Count -gt 0) {
        Read-VmId
    }
    Set-DrsManual
    $first = $true
    foreach ($wave in @($steps | ForEach-Object -Process { $_.Wave } | Select-Object -Unique)) {
        if (-not $first) {
            if (-not (Confirm-NextWave -Wave $wave)) {
                Write-Host -Object "Stopped before wave $wave. Go on with -FromWave $wave, or take back with -Rollback."
                return
            }
            if ($Execute) { Read-HostState }
        }
        $first = $false
        Invoke-Wave -Steps @($steps | Where-Object -FilterScript { $_.Wave -eq $wave })
    }
    Write-Host -Object $(if ($Execute) { 'All moves of this run are done.' } else { 'Dry run: nothing was changed. Add -Execute to run it.' })
    if ($Execute) {
        Write-Host -Object 'DRS is Manual. Once the freed hosts are in maintenance mode, run with -RestoreDrs -Execute.'
    }
}

Assert-Connection
if ($RestoreDrs) { Restore-Drs } else { Invoke-Plan }
