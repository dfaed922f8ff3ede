"""Regions, schools, teaching points, classrooms and their devices."""
