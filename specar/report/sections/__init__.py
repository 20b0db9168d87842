"""The sections of the report: functions of a context."""
