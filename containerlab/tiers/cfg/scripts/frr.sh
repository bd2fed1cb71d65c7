# An FRR router with SRv6: the FRR daemons under watchfrr, then pathwise-frr beside them.
. /lab/scripts/common.sh

# Links get their affinities only when the daemons run and know the affinity maps: given at start-up,
# mgmtd (10.3) sometimes commits the links before the maps on a busy machine and then refuses the
# whole configuration for good.
split_configuration() {
  grep -v '^  affinity ' /lab/node/frr.conf > /run/frr.conf
  awk '/^interface / {name = $0}
       /^  affinity / {print name; print " link-params"; print; print " exit-link-params"; print "exit"}' \
    /lab/node/frr.conf > /run/affinities
}

# Repeats a check every 0.2 s.
within() {
  tries=$1
  shift
  until "$@"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return 1
    sleep 0.2
  done
}

# FRR applies its configuration after frrinit has returned.
configuration_took() {
  addresses=$(ip -6 address show)
  sed -n 's/^ ipv6 address //p' /run/frr.conf | while read -r address; do
    case $addresses in
      *"inet6 $address "*) ;;
      *) exit 1 ;;
    esac
  done
}

affinities_took() {
  vtysh -f /run/affinities > /dev/null 2>&1
  wanted=$(grep -c '^  affinity ' /run/affinities)
  [ "$(vtysh -c 'show running-config' | grep -c '^  affinity ')" -eq "$wanted" ]
}

start_frr() {
  install -o frr -g frr -m 640 /run/frr.conf /etc/frr/frr.conf
  /usr/lib/frr/frrinit.sh start
  within 100 configuration_took && within 25 affinities_took
}

wait_for_links
link_configuration
# SRv6 endpoint behaviours are routes that need a device; any that is up will do.
ip link add sr0 type bridge
ip link set sr0 up
install -o frr -g frr -m 640 /lab/shared/daemons /etc/frr/daemons
split_configuration
for attempt in 1 2 3; do
  start_frr && break
  echo "FRR did not take its configuration (attempt $attempt)" >> /var/log/pathwise/frr-start.log
  /usr/lib/frr/frrinit.sh stop
done
supervise pathwise-frr /etc/pathwise/frr.yaml /opt/pathwise/pathwise-frr --config /etc/pathwise/frr.yaml
stay
