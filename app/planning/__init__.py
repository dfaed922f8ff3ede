"""排课: plans of a term's weekly slots, proposed to whoever is to decide, written when accepted."""
