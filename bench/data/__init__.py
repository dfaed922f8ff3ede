"""A province in a database, and what its pages cost: `make bench-data`."""
