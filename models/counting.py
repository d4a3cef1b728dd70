"""Counts with the words for what is counted, in the number that goes with them."""


def counted(count: int, thing: str, things: str = "") -> str:
    """
    Return a count with the word for what is counted.

    Parameters
    ----------
    count
        How many.
    thing
        The words for one.
    things
        The words for none or several; those for one and an s if empty.

    Examples
    --------
    >>> counted(1, "live move"), counted(0, "VM"), counted(12_000, "host")
    ('1 live move', '0 VMs', '12,000 hosts')
    >>> counted(1, "host has", "hosts have"), counted(2, "host has", "hosts have")
    ('1 host has', '2 hosts have')
    """
    return f"{count:,} {thing if count == 1 else things or f'{thing}s'}"
