"""Micro-lessons: pieces of lessons with a title of their own."""
