"""`make drill`: what becomes of a lesson, its recording and its records when something breaks."""
