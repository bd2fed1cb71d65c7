# A site's host, or the PCE's: one interface to the edge router, then the Pathwise daemons that this
# node has a configuration for.
. /lab/scripts/common.sh
wait_for_links
link_configuration
ip link set lo up
ip -6 address add "$HOST_ADDRESS" dev to-edge nodad
ip -6 route add default via "$HOST_GATEWAY" dev to-edge
supervise pathwise-runtime-sim /etc/pathwise/runtime.yaml /opt/pathwise/pathwise-runtime-sim /etc/pathwise/runtime.yaml
supervise pathwise-te /etc/pathwise/node.yaml /opt/pathwise/pathwise-te --config /etc/pathwise/node.yaml
supervise pathwise-router /etc/pathwise/node.yaml /opt/pathwise/pathwise-router --config /etc/pathwise/node.yaml
supervise pathwise-pce /etc/pathwise/pce.yaml /opt/pathwise/pathwise-pce --config /etc/pathwise/pce.yaml
stay
