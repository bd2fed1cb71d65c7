# The wide-area links. /proc/sys is remounted so that pathwise-wan can silence its interfaces; where
# that is not allowed they only send some neighbour discovery of their own.
. /lab/scripts/common.sh
wait_for_links
mkdir -p /var/log/pathwise
mount -o remount,rw /proc/sys 2>/dev/null || true
supervise pathwise-wan /etc/pathwise/topology.clab.yml \
  /opt/pathwise/pathwise-wan run --topology /etc/pathwise/topology.clab.yml --node wan
stay
