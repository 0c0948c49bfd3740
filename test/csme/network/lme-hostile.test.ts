/** Programs that say to LME whatever they like, with AMT's web service behind it: whoever comes next is served. */
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { type ApfMessage, decodeApf, encodeApf } from '../../../amt/protocol/index.ts';
import { Amt } from '../../../csme/amt/index.ts';
import { LME_GUID, type MeClient } from '../../../csme/mei/index.ts';
import { type ServedLme, serveLme } from '../../../csme/network/index.ts';
import { Random } from '../../../fuzz/random.ts';
import { Rig } from '../mei/support.ts';

const REQUESTS = [
  'GET /logon.htm HTTP/1.1\r\n\r\n',
  'GET / HTTP/1.0\r\n\r\n',
  'POST /wsman HTTP/1.1\r\nContent-Length: 10\r\n\r\n0123456789',
  'POST /wsman HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n',
  'CONNECT mps:1 HTTP/1.1\r\n\r\n',
  'GET /index.htm HTTP/1.1\r\nAuthorization: Digest x\r\nConnection: close\r\n\r\n',
  'nonsense\r\n\r\n',
];
const START: readonly ApfMessage[] = [
  { name: 'PROTOCOLVERSION', major: 1, minor: 0, trigger: 254, uuid: '00000000-0000-0000-0000-000000000000' },
  { name: 'SERVICE_ACCEPT', service: 'pfwd@amt.intel.com' },
];

class Hostile {
  readonly amt = new Amt();
  readonly #rig = new Rig();
  readonly #lme: ServedLme;
  #handle = 0;
  #handling = false;
  /** Channels that were confirmed. */
  #channels: number[] = [];
  text = '';

  constructor() {
    this.#lme = serveLme(this.amt, {
      addClient: (client: MeClient) => this.#rig.feed({ type: 'addClient', client }),
      removeClient: (guid: string) => this.#rig.feed({ type: 'removeClient', guid }),
      turn: (task) => this.turn(task),
    });
    this.#rig.pass(0);
    this.begin();
  }

  turn(task: () => void): void {
    if (this.#handling) return task();
    this.#handling = true;
    task();
    this.#handling = false;
    this.#rig.pass(0);
  }

  /** A new connection, which may fail, and what a session begins with. */
  begin(): void {
    this.#rig.call(this.#handle, { type: 'release' });
    this.#channels = [];
    this.text = '';
    this.#handle = this.#rig.open();
    this.#rig.connect(this.#handle, LME_GUID);
    for (const message of START) this.say(encodeApf(message));
    this.read();
  }

  say(bytes: Uint8Array): void {
    this.#handling = true;
    this.#rig.call(this.#handle, { type: 'write', bytes, nonblock: true });
    this.#handling = false;
  }

  read(): void {
    // A read that finds nothing lets the firmware send the next message.
    for (let misses = 0; misses < 2; ) {
      const reply = this.#rig.read(this.#handle, 4096, true).reply;
      if (reply?.errno !== 0) misses++;
      else {
        misses = 0;
        const message = decodeApf(reply.bytes, 'firmware');
        if (message instanceof Error) throw message;
        if (message.name === 'CHANNEL_OPEN_CONFIRMATION') this.#channels.push(message.senderChannel);
        if (message.name === 'CHANNEL_DATA') this.text += Buffer.from(message.data).toString('latin1');
      }
    }
  }

  async step(random: Random): Promise<void> {
    const below = (limit: number) => random.below(limit);
    const recipientChannel = this.#channels[below(this.#channels.length + 1)] ?? below(9);
    switch (below(11)) {
      case 0:
      case 1:
        return this.open(below(4), [0, 1, 100, 4096, 0xffffffff][below(5)]!, below(4) === 0 ? 1 : 16992);
      case 2:
      case 3:
        return this.data(recipientChannel, REQUESTS[below(REQUESTS.length)]!);
      case 4:
        return this.say(
          encodeApf({
            name: 'CHANNEL_WINDOW_ADJUST',
            recipientChannel,
            bytesToAdd: [1, 500, 40_000, 0xffffffff][below(4)]!,
          }),
        );
      case 5:
        return this.say(encodeApf({ name: 'CHANNEL_CLOSE', recipientChannel }));
      case 6:
        return this.read();
      case 7:
        return turn();
      case 8:
        return this.#rig.pass(below(20_000));
      case 9:
        return this.say(Uint8Array.from({ length: 1 + below(40) }, () => below(256)));
      default:
        if (below(2) === 0) return this.begin();
        return this.turn(() =>
          this.amt.perform(this.#rig.nowMs, { type: 'setEnabled', enabled: below(2) === 0, by: 'menu' }),
        );
    }
  }

  open(senderChannel: number, initialWindow: number, connectedPort = 16992): void {
    const from = { originatorAddress: '::1', originatorPort: 0xffffffff };
    const to = { channelType: 'forwarded-tcpip', connectedAddress: '', connectedPort };
    this.say(encodeApf({ name: 'CHANNEL_OPEN', senderChannel, initialWindow, ...to, ...from }));
    this.read();
  }

  data(recipientChannel: number | undefined, text: string): void {
    const data = new TextEncoder().encode(text);
    this.say(encodeApf({ name: 'CHANNEL_DATA', recipientChannel: recipientChannel ?? 0, data }));
  }

  /** What a program gets that does all as it should. */
  async asked(): Promise<string> {
    this.turn(() => this.amt.perform(this.#rig.nowMs, { type: 'setEnabled', enabled: true, by: 'menu' }));
    await turn();
    this.begin();
    this.open(1, 0xffff);
    this.data(this.#channels[0], REQUESTS[0]!);
    for (let turns = 0; turns < 100 && !this.text.includes('</html>'); turns++) {
      await turn();
      this.read();
    }
    return this.text;
  }

  close(): Promise<void> {
    return this.#lme.close();
  }
}

it('nothing that is said ends the service', async () => {
  for (let seed = 1; seed <= 50; seed++) {
    const hostile = new Hostile();
    const random = new Random(seed);
    for (let steps = 0; steps < 60; steps++) await hostile.step(random);
    expect(await hostile.asked(), `seed ${seed}`).toMatch(/^HTTP\/1\.1 200 OK/);
    await hostile.close();
  }
});
