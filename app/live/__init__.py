"""The bridge between the domain and the live room: implements signaling.ports."""
