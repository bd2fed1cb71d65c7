# An FRR router with SRv6: the FRR daemons under watchfrr, then pathwise-frr beside them.
. /lab/scripts/common.sh
wait_for_links
link_configuration
# SRv6 endpoint behaviours are routes that need a device; any that is up will do.
ip link add sr0 type bridge
ip link set sr0 up
install -o frr -g frr -m 640 /lab/node/frr.conf /lab/shared/daemons /etc/frr/
/usr/lib/frr/frrinit.sh start
supervise pathwise-frr /etc/pathwise/frr.yaml /opt/pathwise/pathwise-frr --config /etc/pathwise/frr.yaml
stay
