"""One more simulated radio of mac80211_hwsim, there until stdin ends."""
import socket
import struct
import sys

NETLINK_GENERIC, GENL_ID_CTRL = 16, 16
NLM_F_REQUEST, NLM_F_ACK = 1, 4
CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME = 3, 1, 2
HWSIM_CMD_NEW_RADIO, HWSIM_ATTR_CHANNELS, HWSIM_ATTR_DESTROY_RADIO_ON_CLOSE = 4, 9, 16

sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
sock.bind((0, 0))
sock.settimeout(60)


def attribute(kind, payload=b""):
    data = struct.pack("=HH", 4 + len(payload), kind) + payload
    return data + b"\0" * (-len(data) % 4)


def request(family, command, attributes, flags):
    body = struct.pack("=BBH", command, 1, 0) + attributes
    sock.send(struct.pack("=IHHII", 16 + len(body), family, NLM_F_REQUEST | flags, 1, 0) + body)
    return sock.recv(65536)


def family_id(name):
    answer = request(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, attribute(CTRL_ATTR_FAMILY_NAME, name + b"\0"), 0)
    at = 20
    while at < len(answer):
        length, kind = struct.unpack_from("=HH", answer, at)
        if kind == CTRL_ATTR_FAMILY_ID:
            return struct.unpack_from("=H", answer, at + 4)[0]
        at += (length + 3) & ~3
    raise SystemExit("there is no " + name.decode())


radio = attribute(HWSIM_ATTR_CHANNELS, struct.pack("=I", 1)) + attribute(HWSIM_ATTR_DESTROY_RADIO_ON_CLOSE)
answer = request(family_id(b"MAC80211_HWSIM"), HWSIM_CMD_NEW_RADIO, radio, NLM_F_ACK)
# The number of the new radio, or an error below 0.
number = struct.unpack_from("=i", answer, 16)[0]
print(number, flush=True)
if number >= 0:
    sys.stdin.read()
