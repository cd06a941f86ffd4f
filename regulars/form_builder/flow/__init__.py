"""States of a form's records: which way leads where, who may go it, and who has to sign."""
