/**
 * Damaged messages of a bus, through the D-Bus client: those that a service may send, and what they are taken for.
 *
 *     npm run fuzz -- dbus --runs 1000000 --seed 1
 *
 * Must hold in every case: nothing throws outside of the client, whose connection may end. An array of nothing is left out:
 * the package reads such a one for ever, and no bus passes it on.
 */
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { Bus } from '../netlink-bridge/networkmanager/bus.ts';
import { asSettings } from '../netlink-bridge/networkmanager/profiles.ts';
import { type DbusValue, variant } from '../netlink-bridge/networkmanager/values.ts';
import { hexOf } from '../sap/index.ts';
import { mutate } from './mutate.ts';
import { Random } from './random.ts';
import type { FuzzFinding, FuzzReport } from './report.ts';

const FINDINGS_MAX = 20;
const MESSAGE_MAX = 1024;

/** Case `n` has the seed `seed + n`: `fuzzDbus(1, finding.seed)` repeats a finding. */
export function fuzzDbus(runs: number, seed: number): FuzzReport {
  const findings: FuzzFinding[] = [];
  const from = performance.now();
  const messages = someMessages();
  let executions = 0;
  while (executions < runs && findings.length < FINDINGS_MAX) {
    const caseSeed = (seed + executions++) >>> 0;
    const random = new Random(Math.imul(caseSeed, 0x9e3779b1));
    const message = messages[random.below(messages.length)]!;
    const room = new Uint8Array(MESSAGE_MAX);
    room.set(message);
    const bytes = room.slice(0, mutate(room, message.length, MESSAGE_MAX, random));
    if (/\(\)|\{\}/.test(Buffer.from(bytes).toString('latin1'))) continue;
    try {
      feed(bytes);
    } catch (error) {
      const what = `threw ${error instanceof Error ? error.stack : error}`;
      findings.push({ seed: caseSeed, hex: hexOf(bytes), what });
    }
  }
  return { target: 'dbus', executions, seconds: (performance.now() - from) / 1000, findings };
}

function feed(bytes: Uint8Array): void {
  const socket = new BusSide();
  const bus = new Bus(socket.asSocket(), () => {});
  socket.authenticate();
  // The answer that the message may be.
  const asked = bus.call({ destination: ':1.1', path: '/a', interface: 'a.b', member: 'GetSettings' });
  asked.then(([value]) => asSettings(value)).catch(() => {});
  bus.onCall = ({ body }) => ({
    signature: 'v'.repeat(body.length),
    body: body.map((each) => variant('s', String(each))),
  });
  socket.say(bytes);
  bus.close();
}

/** Calls, results, errors and signals, as the client itself would write them. */
function someMessages(): Uint8Array[] {
  const socket = new BusSide();
  const bus = new Bus(socket.asSocket(), () => {});
  socket.authenticate();
  const profile = new Map([
    [
      'connection',
      new Map([
        ['uuid', variant('s', 'u')],
        ['permissions', variant('as', ['user:joe:'])],
      ]),
    ],
    [
      '802-11-wireless',
      new Map([
        ['ssid', variant('ay', Buffer.from('corp'))],
        ['mtu', variant('u', 1400)],
      ]),
    ],
  ]);
  const bodies: readonly [string, DbusValue[]][] = [
    ['a{sa{sv}}', [profile]],
    ['sa{sv}as', ['fi.w1.wpa_supplicant1.Interface', new Map([['State', variant('s', 'completed')]]), []]],
    [
      'oa{sv}',
      [
        '/bss/1',
        new Map([
          ['Frequency', variant('q', 2437)],
          ['Rates', variant('au', [1, 2])],
        ]),
      ],
    ],
    ['uuu', [30, 20, 42]],
    ['sss', ['org.freedesktop.NetworkManager', '', ':1.7']],
    ['v', [variant('(a{ov}xtd)', [new Map([['/', variant('n', -1)]]), 1, 2, 0.5])]],
  ];
  for (const [signature, body] of bodies) {
    const address = { destination: ':1.1', path: '/a', interface: 'a.b', member: 'NameOwnerChanged' };
    void bus.call({ ...address, signature, body, timeoutMs: 1 }).catch(() => {});
  }
  bus.close();
  // Each also as the other three types; the second byte says which.
  return socket.written.flatMap((message) =>
    [1, 2, 3, 4].map((type) => {
      const other = Uint8Array.from(message);
      other[1] = type;
      return other;
    }),
  );
}

/** A socket that has what it is told. */
class BusSide extends EventEmitter {
  readonly written: Uint8Array[] = [];
  #waiting = Buffer.alloc(0);

  asSocket(): Socket {
    return this as unknown as Socket;
  }

  authenticate(): void {
    this.say(Buffer.from('OK 0123456789abcdef0123456789abcdef\r\n'));
    this.written.length = 0;
  }

  say(bytes: Uint8Array): void {
    this.#waiting = Buffer.concat([this.#waiting, bytes]);
    this.emit('readable');
  }

  read(size: number): Buffer | null {
    if (this.#waiting.length < size) return null;
    const read = this.#waiting.subarray(0, size);
    this.#waiting = this.#waiting.subarray(size);
    return read;
  }

  write(bytes: Uint8Array | string): void {
    this.written.push(Buffer.from(bytes as Uint8Array));
  }

  destroy(error?: Error): void {
    if (error !== undefined) this.emit('error', error);
  }

  setNoDelay(): void {}
}
