"""What `pip install pgadvisor` brings, and what the commands write into a team's folder."""
