"""Objects in S3-compatible storage: signed requests, pieces of large files, what is there."""
