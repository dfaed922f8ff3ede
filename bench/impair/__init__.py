"""The impaired path, the lessons held over it, and the judgement of what they were like.

line            one way of one site's line, sans-IO: rate, queue, delay, loss, cut
packets, nat    IP packets as a router sees them; a NAT that can move
bridge          the process that routes between namespaces through those lines
namespaces      what the kernel must be asked for; road: one interface for all of it
proxy           what is left of it where the kernel gives no namespaces
"""
