"""Long work, done beside the requests: queued, leased, watched, and taken over when it dies."""
