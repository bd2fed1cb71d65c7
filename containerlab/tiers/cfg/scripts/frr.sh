# An FRR router with SRv6: the FRR daemons under watchfrr, then pathwise-frr beside them.
. /lab/scripts/common.sh

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

backends_connected() {
  [ "$(vtysh -c 'show mgmt backend-adapter all' 2>/dev/null | grep -c 'Client:')" -ge 2 ]  # zebra and staticd
}

# Gives FRR its configuration and looks whether it took all of it: refusals show in the result only.
configure() {
  vtysh -f /lab/node/frr.conf > /run/frr-configure.log 2>&1
  addresses=$(ip -6 address show)
  sed -n 's/^ ipv6 address //p' /lab/node/frr.conf | while read -r address; do
    case $addresses in
      *"inet6 $address "*) ;;
      *) exit 1 ;;
    esac
  done || return 1
  vtysh -c 'show running-config' > /run/frr-running
  for line in '^  affinity ' '^router isis ' '^ isis network point-to-point'; do
    [ "$(grep -c "$line" /run/frr-running)" -eq "$(grep -c "$line" /lab/node/frr.conf)" ] || return 1
  done
}

try_configure() {
  configure && return 0
  echo "FRR has not taken all of its configuration yet:" >> /var/log/pathwise/frr-start.log
  cat /run/frr-configure.log >> /var/log/pathwise/frr-start.log
  return 1
}

# FRR starts with next to nothing: mgmtd (10.3) refuses for good what it is given before its backends are
# connected. The file is put in place afterwards, for daemons that watchfrr starts again.
start_frr() {
  printf 'frr defaults traditional\nservice integrated-vtysh-config\n' > /etc/frr/frr.conf
  chown frr:frr /etc/frr/frr.conf
  chmod 640 /etc/frr/frr.conf
  /usr/lib/frr/frrinit.sh start
  within 100 backends_connected && within 50 try_configure
  install -o frr -g frr -m 640 /lab/node/frr.conf /etc/frr/frr.conf
}

wait_for_links
link_configuration
# SRv6 endpoint behaviours are routes that need a device; any that is up will do.
ip link add sr0 type bridge
ip link set sr0 up
install -o frr -g frr -m 640 /lab/shared/daemons /etc/frr/daemons
start_frr
supervise pathwise-frr /etc/pathwise/frr.yaml /opt/pathwise/pathwise-frr --config /etc/pathwise/frr.yaml
stay
