$Plan = [pscustomobject]@{ Source = 'small'; Version = '0.1.0'; Expires = '2026-03-04T12:00:00Z'; PerHost = 1 }
$Moves = @(
    [pscustomobject]@{ Number = 1; Wave = 1; StartS = 0.000; EndS = 10.000; VM = 'web'; Id = 'VirtualMachine-vm-101'; From = 'esx-2'; To = 'esx-1'; Left = 0; Full = 0; Does = '' }
    [pscustomobject]@{ Number = 2; Wave = 2; StartS = 130.000; EndS = 135.000; VM = 'old|tape'; Id = ''; From = 'esx-2'; To = 'esx-1'; Left = 0; Full = 0; Does = '' }
    [pscustomobject]@{ Number = 3; Wave = 2; StartS = 130.000; EndS = 150.000; VM = 'db'; Id = 'VirtualMachine-vm-102'; From = 'esx-2'; To = 'esx-3'; Left = 0; Full = 0; Does = '' }
    [pscustomobject]@{ Number = 4; Wave = 2; StartS = 150.000; EndS = 180.000; VM = 'db'; Id = 'VirtualMachine-vm-102'; From = 'esx-3'; To = 'esx-1'; Left = 0; Full = 0; Does = '' }
)
$NewVms = @()
