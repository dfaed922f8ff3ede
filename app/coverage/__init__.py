"""开齐, 开足 and coverage: what was required, what reached each site, and figures signed off."""
