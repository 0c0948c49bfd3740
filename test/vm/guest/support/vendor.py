"""Sends Intel's vendor commands with pyroute2: vendor.py INTERFACE SUBCOMMAND prints the answer's data in hex, or the kernel's
error as -N. Without arguments each line of stdin has them, and the answers are lines that begin with "= "."""

import socket
import sys

from pyroute2.iwutil import IW
from pyroute2.netlink import NLM_F_ACK, NLM_F_REQUEST, NetlinkError
from pyroute2.netlink.nl80211 import NL80211_NAMES, nl80211cmd

INTEL = 0x001735


def ask(iw, interface, subcommand):
    message = nl80211cmd()
    message['cmd'] = NL80211_NAMES['NL80211_CMD_VENDOR']
    message['attrs'] = [
        ['NL80211_ATTR_IFINDEX', socket.if_nametoindex(interface)],
        ['NL80211_ATTR_VENDOR_ID', INTEL.to_bytes(4, 'little')],
        ['NL80211_ATTR_VENDOR_SUBCMD', subcommand.to_bytes(4, 'little')],
    ]
    try:
        answers = iw.nlm_request(message, msg_type=iw.prid, msg_flags=NLM_F_REQUEST | NLM_F_ACK)
    except NetlinkError as error:
        return str(-error.code)
    data = [answer.get_attr('NL80211_ATTR_VENDOR_DATA') for answer in answers]
    return ' '.join(one.replace(':', ' ') for one in data if one is not None)


if __name__ == '__main__':
    with IW() as iw:
        if len(sys.argv) > 1:
            print(ask(iw, sys.argv[1], int(sys.argv[2], 0)))
        else:
            for line in sys.stdin:
                interface, subcommand = line.split()
                print('=', ask(iw, interface, int(subcommand, 0)), flush=True)
