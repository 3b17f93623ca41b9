"""A month of whoever runs a site, as one script: installed, worked on, upgraded, struck, backed up, brought back."""
