"""Files that come with the package and leave it: the export queries, and what a team's repository starts with."""
