"""What the page Landscape is made of: what is asked, and how it is shown."""
