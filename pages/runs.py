from pages.parts.runs.listing import run_list

run_list()
