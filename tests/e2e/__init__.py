"""A whole lesson in real browsers, and what it takes to run one."""
