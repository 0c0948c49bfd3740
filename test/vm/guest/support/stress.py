"""Works the card's module and its vendor commands in the wrong order, for a while: stress.py ROLE SEED ROUNDS INTERFACE…"""

import errno
import os
import random
import socket
import struct
import subprocess
import sys

from pyroute2.iwutil import IW
from vendor import ask

# Somebody else has the interface, it is gone, or what was attached was gone with it.
EXPECTED = {errno.EBUSY, errno.ENODEV, errno.ENOENT, errno.EEXIST, errno.ESTALE, errno.EAGAIN, errno.EINVAL}


def record(kind, nic, question=0, value=0, tail=b''):
    return struct.pack('<IIIi', kind, nic, question, value) + tail.ljust(48, b'\0')


def expected(call, *args):
    try:
        return call(*args)
    except OSError as error:
        if error.errno is not None and error.errno not in EXPECTED:
            raise


def index_of(interface):
    try:
        return socket.if_nametoindex(interface)
    except OSError:
        # It is gone just now; Python gives no number for that.
        return 0


def owner(chance, rounds, interfaces):
    for _ in range(rounds):
        fd = os.open('/dev/sapwood-nic', os.O_RDWR | os.O_NONBLOCK)
        for _ in range(chance.randrange(20)):
            nic = chance.randrange(3)
            kind = chance.randrange(9)
            value = chance.choice([0, 1, 2, 3, -1])
            if kind == 1:
                value = index_of(chance.choice(interfaces))
            asked = expected(os.read, fd, 64)
            question = struct.unpack_from('<I', asked, 8)[0] if asked else chance.randrange(10)
            expected(os.write, fd, record(kind, nic, question, value, chance.randbytes(48)))
        os.close(fd)


def asker(chance, rounds, interfaces):
    with IW() as iw:
        for _ in range(rounds):
            interface = chance.choice(interfaces)
            if index_of(interface) != 0:
                expected(ask, iw, interface, chance.choice([0x2D, 0x30]))


def remover(chance, rounds, interfaces):
    for _ in range(rounds):
        name = chance.choice(interfaces)
        phy = 'phy' + name.removeprefix('wlan')
        subprocess.run(['iw', 'dev', name, 'del'], capture_output=True)
        subprocess.run(['iw', 'phy', phy, 'interface', 'add', name, 'type', 'managed'], check=True)


if __name__ == '__main__':
    role, seed, rounds, *interfaces = sys.argv[1:]
    {'owner': owner, 'asker': asker, 'remover': remover}[role](random.Random(int(seed)), int(rounds), interfaces)
