"""The migration scheduler's parts: tasks and what they use, orders, bounds, an exact model, ways out of cycles."""
