# Healthy: the edge router answers, and every daemon that was started runs.
ping -6 -c 1 -W 1 -q "$HOST_GATEWAY" > /dev/null || { echo "the edge router $HOST_GATEWAY does not answer"; exit 1; }
[ -e /run/pathwise/supervised ] || exit 0
while read -r daemon; do
  pidof "$daemon" > /dev/null || { echo "$daemon does not run"; exit 1; }
done < /run/pathwise/supervised
