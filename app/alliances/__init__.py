"""Alliances, pairings, needs: who gives whom which lessons, agreed by both and counted by day."""
