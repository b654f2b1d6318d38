"""A container engine and images of PostgreSQL for the tests, from the distribution's packages, without a registry.

`python -m tests.engine COMMAND…` runs a command while an engine answers. An engine that answers already is used as it is,
with the images it has. Else, as root on a machine with apt, `docker.io` and `debootstrap` are installed, a private
`dockerd` is started (socket, data and network of its own), and an image `postgres:<major>` is made of each Debian release
in `images.RELEASES`: once per machine, kept in the cache folder. What cannot be had is no failure: the command runs, and
`FAULT` in its environment holds the reason, which the tests print as the run's last line.
"""

FAULT = "PGADVISOR_ENGINE_FAULT"
"""Environment variable: why there is no engine, or why an image is missing."""
