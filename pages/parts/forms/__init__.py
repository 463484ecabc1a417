"""Forms derived from declared kinds: which widget a field gets, and how its value is read back."""
