#!/usr/bin/busybox sh
# What busybox's DHCP client has done with its leases. Other clients do it themselves: here each program that is started takes
# its time, so there is one of them, and an address stays until there is another one.
case $1 in
bound | renew) /usr/bin/busybox ip addr replace "$ip/$mask" dev "$interface" && echo "bound $ip" ;;
esac
