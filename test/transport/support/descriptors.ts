/** Many descriptors in one message, which the addon itself never sends. */
import { execFileSync, spawnSync } from 'node:child_process';

export const NO_PYTHON = spawnSync('python3', ['--version']).status !== 0;

/** Another process connects to `path`, sends `bytes` with `count` descriptors of /dev/zero, and ends. */
export function sendDescriptors(path: string, bytes: Uint8Array, count: number): void {
  const hex = Buffer.from(bytes).toString('hex');
  execFileSync('python3', ['-c', PROGRAM, path, hex, String(count)]);
}

/**
 * Another process connects to `path` and sends `bytes` with a TCP connection of which the close waits a minute for the other
 * end to read. Gives what ends that end.
 */
export function sendLingering(path: string, bytes: Uint8Array): () => void {
  const hex = Buffer.from(bytes).toString('hex');
  const pid = Number(execFileSync('python3', ['-c', LINGERING, path, hex]));
  return () => process.kill(pid);
}

const LINGERING = `
import os, signal, socket, struct, sys
listener = socket.create_server(('127.0.0.1', 0))
sender = socket.create_connection(listener.getsockname())
receiver = listener.accept()[0]
sender.setblocking(False)
try:
    while True: sender.send(bytes(65536))
except BlockingIOError: pass
sender.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 60))
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
socket.send_fds(s, [bytes.fromhex(sys.argv[2])], [sender.fileno()])
pid = os.fork()
if pid:
    print(pid)
    sys.stdout.flush()
    os._exit(0)
signal.alarm(60)
# What the message carries is the last one.
os.close(sender.detach())
s.close()
for fd in 0, 1, 2: os.close(fd)
while True: signal.pause()`;

const PROGRAM = `
import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
socket.send_fds(s, [bytes.fromhex(sys.argv[2])], [os.open('/dev/zero', os.O_RDWR)] * int(sys.argv[3]))`;
