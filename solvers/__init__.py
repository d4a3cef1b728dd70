"""What to do: placement solvers and the migration scheduler."""
