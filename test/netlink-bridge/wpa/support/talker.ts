/** A datagram socket that says what a test wants: what a wpa_supplicant that is broken or hostile would. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export const NO_PYTHON = spawnSync('python3', ['--version']).status !== 0;

export interface Talker {
  /** The next command that it was sent. */
  heard(): Promise<string>;
  /** Sends a datagram to who sent the last command. */
  say(text: string): Promise<void>;
  /** Another socket sends to that one. Whether the kernel lets it. */
  foreign(text: string): Promise<boolean>;
  /** Ends without a word; its socket file stays. Twice is once. */
  kill(): Promise<void>;
}

/** At `path`, where a socket may be left from somebody else. */
export async function startTalker(path: string): Promise<Talker> {
  const child = spawn('python3', ['-u', '-c', PROGRAM, path], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async () => String((await lines.next()).value);
  await next();
  const order = (verb: string, text = '') =>
    child.stdin.write(`${verb} ${Buffer.from(text, 'latin1').toString('hex')}\n`);
  return {
    async heard() {
      order('heard');
      return Buffer.from(await next(), 'hex').toString('latin1');
    },
    async say(text) {
      order('say', text);
      await next();
    },
    async foreign(text) {
      order('foreign', text);
      return (await next()) === 'sent';
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

const PROGRAM = `
import os, signal, socket, sys
signal.alarm(60)
path = sys.argv[1]
if os.path.exists(path): os.unlink(path)
own = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
own.bind(path)
print('ready')
for line in sys.stdin:
    verb, _, text = line.strip().partition(' ')
    if verb == 'heard':
        data, peer = own.recvfrom(65536)
        print(data.hex())
    elif verb == 'say':
        own.sendto(bytes.fromhex(text), peer)
        print('said')
    else:
        other = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            other.sendto(bytes.fromhex(text), peer)
            print('sent')
        except PermissionError:
            print('refused')
`;
