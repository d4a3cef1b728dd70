"""What-if studies: scenarios, where they are computed, and what they show side by side."""
