"""Loops that numpy cannot do at once, compiled."""
