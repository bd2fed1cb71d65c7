# Healthy: the daemons run, and this router has once had every adjacency up and a route to every
# locator. Later cuts are the network's business, not this node's health.
for daemon in zebra isisd staticd mgmtd; do
  pidof "$daemon" > /dev/null || { echo "$daemon does not run"; exit 1; }
done
[ -e /run/pathwise/converged ] && exit 0
expected=$(grep -c 'isis network point-to-point' /lab/node/frr.conf)
up=$(vtysh -c 'show isis neighbor' | grep -c ' Up ')
[ "$up" -eq "$expected" ] || { echo "$up of $expected IS-IS adjacencies are up"; exit 1; }
routes=$(ip -6 route show)
while read -r locator _; do
  case $routes in
    *"$locator"*) ;;
    *) echo "no route to locator $locator"; exit 1 ;;
  esac
done < /lab/shared/locators
touch /run/pathwise/converged
