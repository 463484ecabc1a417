"""The Playground in the browser: its scripts, its component, and the way to the process that trains."""
