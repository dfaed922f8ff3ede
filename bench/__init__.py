"""Benchmarks a user can run, and the light WebRTC peer the integration tests share."""
