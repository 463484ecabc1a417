"""The one document of a project that all tabs share, and what the canvas is told of it over HTTP."""
