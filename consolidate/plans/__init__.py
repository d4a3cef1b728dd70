"""Plans: what is searched, what it is worth, whether it holds, and how it is told."""
