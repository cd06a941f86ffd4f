"""Reports: from a definition and a reader to numbers, charts and the records behind them."""
