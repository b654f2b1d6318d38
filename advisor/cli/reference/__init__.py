"""What the commands say of themselves, as data, and pages made of it: the man page and the manual's reference."""
