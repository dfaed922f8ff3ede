"""Live rooms: their rules, their messages, their sockets."""
