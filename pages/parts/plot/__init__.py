"""Figures that keep their camera and zoom whatever the page does, and leave as files."""
