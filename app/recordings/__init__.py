"""Recordings of lessons: what was written, and who may replay it."""
