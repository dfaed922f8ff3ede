"""The forwarding core: sans-IO, standard library only."""
