"""Storage: landing files, Delta tables, quarantine and ledger. All that knows Delta is here."""
