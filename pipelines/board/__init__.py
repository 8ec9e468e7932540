"""The board pack: a quarter's performance against a plan, as a workbook and a document."""
