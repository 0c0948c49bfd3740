# In a network namespace of its own: CSME, a host with an interface of its own, and a machine on the other side of the
# air that wants AMT's page. Prints the page, and what was left when all have ended. $1: folder, $2: node, $3: command.
set -eu
folder=$1; node=$2; main=$3
await() { for _ in $(seq 300); do grep -q "$2" "$1" 2>/dev/null && return; sleep 0.1; done; cat "$folder"/*.err >&2; exit 1; }

ip link set lo up
unshare --net sleep 60 & remote=$!
trap 'kill $remote 2>/dev/null || true' EXIT
until [ "$(readlink /proc/$remote/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.1; done
ip link add wlan0 type veth peer name air0 netns $remote
ip link set wlan0 address 02:00:5e:10:00:20 addrgenmode none up
ip addr add 192.0.2.20/24 dev wlan0
there() { nsenter --target $remote --net "$@"; }
there ip link set lo up
there ip addr add 192.0.2.100/24 dev air0
there ip link set air0 addrgenmode none up

"$node" "$main" emulate --transport "unix:$folder/csme" --profile host-owns --password secret --quiet \
  </dev/null >/dev/null 2>"$folder/csme.err" & csme=$!
await "$folder/csme.err" 'waits for a driver'
"$node" "$main" host --transport "unix:$folder/csme" --interface wlan0 </dev/null >"$folder/host.out" 2>"$folder/host.err" & host=$!
await "$folder/host.out" CSME_FILTERS
for _ in $(seq 100); do tc filter show dev wlan0 ingress | grep -q 'pref 16992' && break; sleep 0.1; done
there curl -sS --max-time 20 --digest --user admin:secret http://192.0.2.20:16992/index.htm
echo
kill -INT $host; wait $host
echo "filters left: $(tc filter show dev wlan0 ingress | wc -l)"
kill -INT $csme; wait $csme
cat "$folder/csme.err" "$folder/host.err" >&2
