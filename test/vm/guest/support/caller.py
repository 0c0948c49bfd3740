"""A program that makes system calls on a MEI device for a test: one call a line, as JSON; its answer is one line, too.

    ["read", 3, 64]  ->  {"value": "hello"}  or  {"errno": "ENODEV"}

SIGUSR1 ends a call that waits, with EINTR.
"""
import errno
import fcntl
import json
import os
import select
import signal
import sys

BAD_POINTER = 8


def on_signal(number, frame):
    raise InterruptedError(errno.EINTR, "signal")


def with_bad_pointer(name, fd, size):
    import ctypes  # takes long, and few tests need it

    libc = ctypes.CDLL(None, use_errno=True)
    result = getattr(libc, name)(fd, ctypes.c_void_p(BAD_POINTER), ctypes.c_size_t(size))
    if result < 0:
        raise OSError(ctypes.get_errno(), "")
    return result


def close_all():
    for epoll in epolls.values():
        epoll.close()
    epolls.clear()
    os.closerange(3, 512)


def ioctl(fd, number, text):
    argument = bytearray.fromhex(text)
    fcntl.ioctl(fd, number, argument)
    return argument.hex()


def poll(fd, events, ms):
    poller = select.poll()
    poller.register(fd, events)
    return [found for _, found in poller.poll(ms)]


def edges(fd, events, ms):
    """One wait on an edge-triggered epoll that lives as long as this program."""
    if fd not in epolls:
        epolls[fd] = select.epoll()
        epolls[fd].register(fd, events | select.EPOLLET)
    return [found for _, found in epolls[fd].poll(ms / 1000)]


def set_nonblocking(fd):
    fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_NONBLOCK)


epolls = {}
CALLS = {
    "open": lambda path: os.open(path, os.O_RDWR | os.O_CLOEXEC),
    "close": os.close,
    "closeAll": close_all,
    "dup": os.dup,
    "read": lambda fd, size: os.read(fd, size).decode("latin1"),
    "readBad": lambda fd, size: with_bad_pointer("read", fd, size),
    "write": lambda fd, text: os.write(fd, text.encode("latin1")),
    "writeLong": lambda fd, size: os.write(fd, b"x" * size),
    "writeBad": lambda fd, size: with_bad_pointer("write", fd, size),
    "ioctl": ioctl,
    "ioctlBad": lambda fd, number: fcntl.ioctl(fd, number, BAD_POINTER),
    "poll": poll,
    "edges": edges,
    "isatty": os.isatty,
    "nonblocking": set_nonblocking,
}

signal.signal(signal.SIGUSR1, on_signal)
for line in sys.stdin:
    name, *arguments = json.loads(line)
    try:
        answer = {"value": CALLS[name](*arguments)}
    except OSError as error:
        answer = {"errno": errno.errorcode[error.errno]}
    print(json.dumps(answer), flush=True)
