"""What a dataset looks like: `report.html`, and two datasets side by side; every figure counted, none made up."""

REPORT = "report.html"
"""In the dataset's folder."""
