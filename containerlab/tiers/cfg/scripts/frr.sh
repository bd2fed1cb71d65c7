# An FRR router with SRv6: the FRR daemons under watchfrr, then pathwise-frr beside them.
. /lab/scripts/common.sh

# FRR reads its configuration only once all daemons run, and the affinity maps before what refers
# to them. Given everything at start-up, mgmtd (10.3) sometimes commits the links before the maps
# on a busy machine, refuses the commit, and keeps refusing it: then only a restart helps.
start_frr() {
  install -o frr -g frr -m 640 /dev/null /etc/frr/frr.conf
  rm -f /var/log/frr/frr.log
  /usr/lib/frr/frrinit.sh start
  install -o frr -g frr -m 640 /lab/node/frr.conf /etc/frr/frr.conf
  grep '^affinity-map' /etc/frr/frr.conf > /run/affinity-maps
  vtysh -f /run/affinity-maps
  within_10s maps_are_known || return 1
  vtysh -b
  within_10s configuration_took
}

# Repeats a check until it passes; fails after 50 times or when FRR has refused the configuration.
within_10s() {
  tries=50
  until "$1"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return 1
    ! grep -q -s 'COMMIT_CONFIG.* failed' /var/log/frr/frr.log || return 1
    sleep 0.2
  done
}

maps_are_known() {
  vtysh -c 'show running-config' > /run/running-config
  [ "$(grep -F -x -c -f /run/affinity-maps /run/running-config)" -eq "$(wc -l < /run/affinity-maps)" ]
}

# Every address of the configuration is on an interface. mgmtd applies it after vtysh has returned.
configuration_took() {
  addresses=$(ip -6 address show)
  sed -n 's/^ ipv6 address //p' /etc/frr/frr.conf | while read -r address; do
    case $addresses in
      *"inet6 $address "*) ;;
      *) exit 1 ;;
    esac
  done
}

wait_for_links
link_configuration
# SRv6 endpoint behaviours are routes that need a device; any that is up will do.
ip link add sr0 type bridge
ip link set sr0 up
install -o frr -g frr -m 640 /lab/shared/daemons /etc/frr/daemons
for attempt in 1 2 3 4 5; do
  start_frr && break
  echo "FRR did not take its configuration (attempt $attempt)" >> /var/log/pathwise/frr-start.log
  /usr/lib/frr/frrinit.sh stop
done
supervise pathwise-frr /etc/pathwise/frr.yaml /opt/pathwise/pathwise-frr --config /etc/pathwise/frr.yaml
stay
