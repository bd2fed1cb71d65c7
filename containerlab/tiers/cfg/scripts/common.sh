# Sourced by the node scripts (POSIX sh).

# Returns when every link of this node is there: links-up.sh, which the lab runs then, is at the
# other end of the pipe. Whoever comes first makes the pipe.
wait_for_links() {
  mkdir -p /run/pathwise
  mkfifo /run/pathwise/links 2>/dev/null || true
  read -r _ < /run/pathwise/links
}

# The node's configuration and what all nodes share, in one place and live.
link_configuration() {
  mkdir -p /etc/pathwise /var/log/pathwise /var/lib/pathwise
  for file in /lab/shared/*.yaml /lab/node/*.yaml; do
    [ -e "$file" ] && ln -sf "$file" /etc/pathwise/
  done
  return 0
}

# supervise NAME CONFIG COMMAND [ARG …]: keeps a daemon running, in the background, if its program
# and its configuration exist. One that dies is started again, later each time up to 16 s; 30 s
# of life count as recovered.
supervise() {
  name=$1
  config=$2
  shift 2
  log=/var/log/pathwise/$name.log
  if [ ! -x "$1" ] || [ ! -e "$config" ]; then
    echo "$name: not started: $1 or $config is not there" > "$log"
    return 0
  fi
  keep_running "$@" >> "$log" 2>&1 &
  echo "$name" >> /run/pathwise/supervised
}

keep_running() {
  pause=1
  while :; do
    started=$(date +%s)
    "$@"
    code=$?
    [ $(($(date +%s) - started)) -lt 30 ] || pause=1
    echo "supervisor: $1 ended with $code; next start in $pause s"
    sleep "$pause"
    [ "$pause" -ge 16 ] || pause=$((pause * 2))
  done
}

# The script stays as the container's first process and reaps what is left to it.
stay() {
  while :; do
    wait
    sleep 3600 &
  done
}
