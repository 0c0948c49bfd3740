/** Many descriptors in one message, which the addon itself never sends. */
import { execFileSync, spawnSync } from 'node:child_process';

export const NO_PYTHON = spawnSync('python3', ['--version']).status !== 0;

/** Another process connects to `path`, sends `bytes` with `count` descriptors of /dev/zero, and ends. */
export function sendDescriptors(path: string, bytes: Uint8Array, count: number): void {
  const hex = Buffer.from(bytes).toString('hex');
  execFileSync('python3', ['-c', PROGRAM, path, hex, String(count)]);
}

const PROGRAM = `
import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
socket.send_fds(s, [bytes.fromhex(sys.argv[2])], [os.open('/dev/zero', os.O_RDWR)] * int(sys.argv[3]))`;
