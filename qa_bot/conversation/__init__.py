"""Follow-up questions in the light of the turns before."""
