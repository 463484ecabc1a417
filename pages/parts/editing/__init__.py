"""What stands around the canvas on Build: the settings of what is selected there, and the table."""
