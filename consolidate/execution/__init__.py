"""Whether a plan will hold up, and what became of it: rehearsals, and the journal of its execution."""
