"""What a new form may begin as: ready made, a copy of another, or a spreadsheet."""
