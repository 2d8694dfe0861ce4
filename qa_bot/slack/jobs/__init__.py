"""Work: jobs that are recorded before they are acknowledged and done once, and what runs beside them."""
