# Run inside a node when its links are there; wakes the node's own script.
mkdir -p /run/pathwise
mkfifo /run/pathwise/links 2>/dev/null || true
echo up > /run/pathwise/links
