"""The report: one page of HTML with the paper beside the reproduction."""
