"""One lesson that was taught before the clapper, and what is made of it and seen of it after."""
