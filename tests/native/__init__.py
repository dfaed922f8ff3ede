"""Harnesses around the native data plane's C: fuzzing, sanitizers, threads."""
