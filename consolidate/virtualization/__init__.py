"""What virtualization costs: technologies, levels, and the overheads of cases and inventories."""
