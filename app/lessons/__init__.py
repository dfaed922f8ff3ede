"""Lessons, the sites invited to them, and who may enter as what."""
