"""Tables that people upload as CSV: reading, what each column is, where they are kept."""
