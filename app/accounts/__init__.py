"""People, their accounts, sign-in, roles and the scope of each role."""
