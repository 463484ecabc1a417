"""Load: a class of real sessions on a real server, while networks train."""
