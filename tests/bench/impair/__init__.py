"""Tests of the impaired path and of the judges."""
