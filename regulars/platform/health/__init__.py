"""What is wrong here and how to mend it: for the page, the API and ``regulars doctor``."""
