"""Simulations: of what, under which policy, and what was found."""
