"""Options that several commands share, and what they turn into: where results go, what is compared with what."""
