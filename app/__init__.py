"""The application: who may do what, when, and what counts."""
