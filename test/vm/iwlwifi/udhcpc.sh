#!/bin/sh
# What busybox's DHCP client has done with its leases.
case $1 in
deconfig) ip addr flush dev "$interface" scope global ;;
bound | renew) ip addr replace "$ip/$mask" dev "$interface" && echo "bound $ip" ;;
esac
