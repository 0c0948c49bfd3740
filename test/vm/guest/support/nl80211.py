"""What pyroute2 reads from nl80211, as one JSON value: interfaces, radios, the associated access point of INTERFACE, rules."""

import json
import socket
import struct
import sys

from pyroute2.iwutil import IW
from pyroute2.netlink import NLM_F_DUMP, NLM_F_REQUEST
from pyroute2.netlink.nl80211 import NL80211_NAMES, nl80211cmd

RULE = {
    'startKhz': 'NL80211_ATTR_FREQ_RANGE_START',
    'endKhz': 'NL80211_ATTR_FREQ_RANGE_END',
    'maxBandwidthKhz': 'NL80211_ATTR_FREQ_RANGE_MAX_BW',
    'flags': 'NL80211_ATTR_REG_RULE_FLAGS',
    'maxEirpMbm': 'NL80211_ATTR_POWER_RULE_MAX_EIRP',
}


def interface(answer):
    found = {
        'ifindex': answer.get_attr('NL80211_ATTR_IFINDEX'),
        'name': answer.get_attr('NL80211_ATTR_IFNAME'),
        'wiphy': answer.get_attr('NL80211_ATTR_WIPHY'),
        'wdev': str(answer.get_attr('NL80211_ATTR_WDEV')),
        'mac': answer.get_attr('NL80211_ATTR_MAC'),
        'type': answer.get_attr('NL80211_ATTR_IFTYPE'),
    }
    ssid = answer.get_attr('NL80211_ATTR_SSID')
    if ssid is not None:
        found['ssid'] = ssid
    frequency = answer.get_attr('NL80211_ATTR_WIPHY_FREQ')
    if frequency is not None:
        found['frequencyMhz'] = frequency
    return found


def vendor_commands(text):
    """A list of attributes with struct nl80211_vendor_cmd_info, which pyroute2 leaves as hex."""
    data = bytes.fromhex(text.replace(':', ''))
    found = []
    while data:
        length, _, vendor, number = struct.unpack_from('=HHII', data)
        found.append({'vendorId': vendor, 'subcommand': number})
        data = data[length:]
    return found


def frequency(entry):
    return {
        'mhz': entry.get_attr('NL80211_FREQUENCY_ATTR_FREQ'),
        'disabled': bool(entry.get_attr('NL80211_FREQUENCY_ATTR_DISABLED')),
        'noIr': bool(entry.get_attr('NL80211_FREQUENCY_ATTR_NO_IR')),
        'radar': bool(entry.get_attr('NL80211_FREQUENCY_ATTR_RADAR')),
    }


def wiphys(iw):
    message = nl80211cmd()
    message['cmd'] = NL80211_NAMES['NL80211_CMD_GET_WIPHY']
    message['attrs'] = [['NL80211_ATTR_SPLIT_WIPHY_DUMP', b'']]
    found = {}
    for part in iw.nlm_request(message, msg_type=iw.prid, msg_flags=NLM_F_REQUEST | NLM_F_DUMP):
        index = part.get_attr('NL80211_ATTR_WIPHY')
        radio = found.setdefault(
            index, {'index': index, 'frequencies': [], 'vendorCommands': [], 'vendorEvents': []}
        )
        radio['name'] = part.get_attr('NL80211_ATTR_WIPHY_NAME')
        for band in part.get_attr('NL80211_ATTR_WIPHY_BANDS') or []:
            for entry in band.get_attr('NL80211_BAND_ATTR_FREQS') or []:
                radio['frequencies'].append(frequency(entry))
        radio['vendorCommands'] += vendor_commands(part.get_attr('NL80211_ATTR_VENDOR_DATA') or '')
        radio['vendorEvents'] += vendor_commands(part.get_attr('NL80211_ATTR_VENDOR_EVENTS') or '')
    return list(found.values())


def link(iw, name):
    found = iw.get_associated_bss(socket.if_nametoindex(name))
    if found is None:
        return None
    bss = found.get_attr('NL80211_ATTR_BSS')
    return {
        'bssid': bss.get_attr('NL80211_BSS_BSSID'),
        'frequencyMhz': bss.get_attr('NL80211_BSS_FREQUENCY'),
    }


def regulatory(iw):
    """That of the kernel; a radio's own comes with the radio."""
    (answer,) = [one for one in iw.get_regulatory_domain() if one.get_attr('NL80211_ATTR_WIPHY') is None]
    return {
        'country': answer.get_attr('NL80211_ATTR_REG_ALPHA2'),
        'rules': [
            {key: rule.get_attr(attribute) for key, attribute in RULE.items()}
            for rule in answer.get_attr('NL80211_ATTR_REG_RULES')
        ],
    }


if __name__ == '__main__':
    with IW() as iw:
        answers = {
            'interfaces': [interface(one) for one in iw.get_interfaces_dump()],
            'wiphys': wiphys(iw),
            'link': link(iw, sys.argv[1]),
            'regulatory': regulatory(iw),
        }
    print(json.dumps(answers))
