/** LME message by message: what the firmware says, and what it makes of what the host says. */
import { describe, expect, it } from 'vitest';
import { type ApfMessage, decodeApf, encodeApf } from '../../../amt/protocol/index.ts';
import { Amt, DISABLED } from '../../../csme/amt/index.ts';
import {
  LME_GUID,
  type LmeChannel,
  type LmeChannelUser,
  type LmePort,
  lmeClient,
} from '../../../csme/mei/index.ts';
import { hexOf } from '../../../sap/index.ts';
import { Rig } from './support.ts';

const EBUSY = 16;
const ENOTTY = 25;
const MESSAGE_MAX = 4096;

/** A host that speaks APF by hand. */
class Host {
  readonly rig: Rig;
  readonly channels: LmeChannel[] = [];
  readonly heard: string[] = [];
  handle = 0;

  constructor({ amt = new Amt(), ports = [16992] }: { amt?: Amt; ports?: readonly number[] } = {}) {
    const open: LmePort = (channel) => {
      this.channels.push(channel);
      const n = this.channels.length;
      const hear = (what: string) => () => void this.heard.push(`${n} ${what}`);
      return {
        onData: (bytes) => void this.heard.push(`${n} ${hexOf(bytes)}`),
        onPause: hear('pause'),
        onResume: hear('resume'),
        onEnd: hear('end'),
      } satisfies LmeChannelUser;
    };
    const client = lmeClient({ amt, ports: new Map(ports.map((port) => [port, open])) });
    this.rig = new Rig({ clients: [client] });
  }

  connect(): this {
    this.handle = this.rig.connected(LME_GUID);
    return this;
  }

  /** Through the start, as far as `tcpip-forward` and its answers. */
  start(): this {
    this.connect();
    this.read();
    this.say({ name: 'PROTOCOLVERSION', major: 1, minor: 0, trigger: 254, uuid: ZERO_UUID });
    this.read();
    this.say({ name: 'SERVICE_ACCEPT', service: 'pfwd@amt.intel.com' });
    this.read();
    return this;
  }

  say(...messages: readonly ApfMessage[]): this {
    for (const message of messages) {
      this.rig.call(this.handle, { type: 'write', bytes: encodeApf(message), nonblock: true });
    }
    return this;
  }

  raw(): Uint8Array | undefined {
    const reply = this.rig.read(this.handle, MESSAGE_MAX, true).reply;
    return reply?.errno === 0 ? reply.bytes : undefined;
  }

  /** Everything that is there, by name and in order. */
  read(): ApfMessage[] {
    const all: ApfMessage[] = [];
    // A read that finds nothing lets the firmware send the next message.
    for (let misses = 0; misses < 2; ) {
      const bytes = this.raw();
      if (bytes === undefined) misses++;
      else {
        misses = 0;
        const message = decodeApf(bytes, 'firmware');
        if (message instanceof Error) throw message;
        all.push(message);
      }
    }
    return all;
  }

  /** What the firmware answers, without waiting. */
  answer(...messages: readonly ApfMessage[]): ApfMessage[] {
    return this.say(...messages).read();
  }
}

/** 4c4c4544-0053-4150-8057-4f4f44303030 as SMBIOS has it. */
const UUID_BYTES = '44454c4c5300504180574f4f44303030';
const ZERO_UUID = '00000000-0000-0000-0000-000000000000';

function channelOpen(senderChannel: number, port = 16992, initialWindow = 4096): ApfMessage {
  return {
    name: 'CHANNEL_OPEN',
    channelType: 'forwarded-tcpip',
    senderChannel,
    initialWindow,
    connectedAddress: '127.0.0.1',
    connectedPort: port,
    originatorAddress: '127.0.0.1',
    originatorPort: 50_000,
  };
}

describe('the start', () => {
  it('is the firmware’s: version, service, its ports', () => {
    const host = new Host({ ports: [16992, 623] }).connect();
    const first = host.raw() ?? host.raw();
    expect([first?.length, first?.[0]]).toEqual([93, 192]);
    // Version 1.0, local, and the machine's UUID; the rest is reserved.
    expect(hexOf(first!.subarray(1))).toBe(`0000000100000000000000fe${UUID_BYTES}${'00'.repeat(64)}`);
    expect(host.read()).toEqual([]);
    const version = { name: 'PROTOCOLVERSION', major: 1, minor: 0, trigger: 254, uuid: ZERO_UUID } as const;
    expect(host.answer(version)).toEqual([{ name: 'SERVICE_REQUEST', service: 'pfwd@amt.intel.com' }]);
    expect(host.answer({ name: 'SERVICE_ACCEPT', service: 'pfwd@amt.intel.com' })).toEqual(
      [16992, 623].map((port) => ({ name: 'TCPIP_FORWARD', wantReply: true, address: '', port })),
    );
    expect(host.answer({ name: 'REQUEST_SUCCESS', port: 16992 }, { name: 'REQUEST_FAILURE' })).toEqual([]);
  });

  it('ends with another version', () => {
    const host = new Host().connect();
    host.read();
    host.say({ name: 'PROTOCOLVERSION', major: 2, minor: 0, trigger: 254, uuid: ZERO_UUID });
    expect(host.rig.device.view().handles[0]?.state).toBe('disconnected');
  });

  it('begins anew for who comes next, and nobody else is let in', () => {
    const host = new Host().start();
    const other = host.rig.open();
    expect(host.rig.connect(other, LME_GUID).reply?.errno).toBe(EBUSY);
    host.rig.call(host.handle, { type: 'release' });
    expect(host.connect().read()).toMatchObject([{ name: 'PROTOCOLVERSION', trigger: 254 }]);
  });

  it('is not while AMT is disabled', () => {
    const amt = new Amt(DISABLED);
    const host = new Host({ amt });
    const handle = host.rig.open();
    expect(host.rig.connect(handle, LME_GUID).reply?.errno).toBe(ENOTTY);
  });

  it('ends when AMT is disabled', () => {
    const amt = new Amt();
    const host = new Host({ amt }).start();
    host.say(channelOpen(1));
    amt.perform(0, { type: 'setEnabled', enabled: false, by: 'menu' });
    host.rig.pass(0);
    expect(host.rig.device.view().handles[0]?.state).toBe('disconnected');
    expect(host.heard).toEqual(['1 end']);
  });
});

describe('channels', () => {
  it('carry bytes both ways, within the windows', () => {
    const host = new Host().start();
    const [confirmed] = host.answer(channelOpen(1, 16992, 5));
    expect(confirmed).toMatchObject({
      name: 'CHANNEL_OPEN_CONFIRMATION',
      recipientChannel: 1,
      // With its header it fits into one message: there are hosts that send it so.
      initialWindow: MESSAGE_MAX - 9,
    });
    const theirs = (confirmed as { senderChannel: number }).senderChannel;
    expect(host.channels[0]).toMatchObject({
      port: 16992,
      originatorAddress: '127.0.0.1',
      originatorPort: 50_000,
    });
    host.say({ name: 'CHANNEL_DATA', recipientChannel: theirs, data: Uint8Array.of(1, 2, 3) });
    expect([host.heard, host.read()]).toEqual([['1 010203'], []]);
    host.channels[0]?.taken(3);
    host.rig.pass(0);
    expect(host.read()).toEqual([{ name: 'CHANNEL_WINDOW_ADJUST', recipientChannel: 1, bytesToAdd: 3 }]);
    host.channels[0]?.send(Uint8Array.of(1, 2, 3, 4, 5, 6, 7));
    host.rig.pass(0);
    expect(host.read()).toMatchObject([{ name: 'CHANNEL_DATA', data: Uint8Array.of(1, 2, 3, 4, 5) }]);
    expect(
      host.answer({ name: 'CHANNEL_WINDOW_ADJUST', recipientChannel: theirs, bytesToAdd: 9 }),
    ).toMatchObject([{ name: 'CHANNEL_DATA', data: Uint8Array.of(6, 7) }]);
    host.channels[0]?.end();
    host.rig.pass(0);
    expect(host.read()).toEqual([{ name: 'CHANNEL_CLOSE', recipientChannel: 1 }]);
  });

  it('are eight; a port that is not served is refused', () => {
    const host = new Host().start();
    const opened = host.answer(...Array.from({ length: 9 }, (_, n) => channelOpen(n + 1)));
    expect(opened.slice(0, 8).every(({ name }) => name === 'CHANNEL_OPEN_CONFIRMATION')).toBe(true);
    expect(opened[8]).toMatchObject({ name: 'CHANNEL_OPEN_FAILURE', recipientChannel: 9, reason: 4 });
    const theirs = (opened[4] as { senderChannel: number }).senderChannel;
    expect(host.answer({ name: 'CHANNEL_CLOSE', recipientChannel: theirs })).toEqual([
      { name: 'CHANNEL_CLOSE', recipientChannel: 5 },
    ]);
    expect(host.heard).toEqual(['5 end']);
    expect(host.answer(channelOpen(20, 16994))).toMatchObject([
      { name: 'CHANNEL_OPEN_FAILURE', recipientChannel: 20, reason: 2 },
    ]);
    expect(host.answer(channelOpen(21))).toMatchObject([{ name: 'CHANNEL_OPEN_CONFIRMATION' }]);
  });

  it('make no more messages than the host has room for, whatever window it gives, and lose nothing', () => {
    const host = new Host().start();
    host.answer(channelOpen(1, 16992, 0xffffffff));
    const paused = () => host.heard.at(-1) === '1 pause';
    let sent = 0;
    const pour = () => {
      while (!paused() && sent < 200) {
        host.channels[0]?.send(new Uint8Array(4000).fill(sent));
        sent++;
      }
    };
    pour();
    expect(sent).toBeLessThan(60);
    let got = 0;
    let wrong = false;
    for (let rounds = 0; rounds < 100 && got < 200 * 4000; rounds++) {
      for (const message of host.read()) {
        if (message.name !== 'CHANNEL_DATA') continue;
        wrong ||= message.data.some((byte) => byte !== Math.floor(got++ / 4000));
      }
      pour();
      host.rig.pass(0);
    }
    expect([sent, got, wrong]).toEqual([200, 200 * 4000, false]);
  });

  it('say nothing when they are over', () => {
    const host = new Host().start();
    host.answer(channelOpen(1));
    host.channels[0]?.abort();
    host.rig.pass(0);
    expect(host.read()).toEqual([{ name: 'CHANNEL_CLOSE', recipientChannel: 1 }]);
    host.channels[0]?.send(Uint8Array.of(1));
    host.channels[0]?.taken(1);
    host.channels[0]?.end();
    host.rig.pass(0);
    expect([host.read(), host.heard]).toEqual([[], []]);
  });
});
