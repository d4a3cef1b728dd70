"""What all tests run under."""

from hypothesis import settings

# A deadline is a limit on wall time, which is up to what else the machine does; and without one, a health check allows
# 30 s to draw the first examples, in place of 1 s.
settings.register_profile("without deadline", settings.default, deadline=None)
settings.load_profile("without deadline")
