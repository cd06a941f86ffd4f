"""The pages and the API of reports and dashboards."""
