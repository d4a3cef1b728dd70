"""Loops that cannot be vectorised, compiled when they are first used and cached."""
