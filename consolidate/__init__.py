"""The application: readers, planning, runbooks, studies, results and the command line."""
