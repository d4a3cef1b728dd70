"""Figures, the offline report and the interactive dashboard; they show tables and know nothing else."""
