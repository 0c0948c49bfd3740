import { describe, expect, it } from 'vitest';
import { Amt, type AmtOptions, PROVISIONED } from '../../../csme/amt/index.ts';
import {
  AMTHI_GUID,
  amthiClient,
  EAGAIN,
  ENODEV,
  type MeClient,
  MKHI_FIXED_GUID,
  MKHI_GUID,
  standardClients,
} from '../../../csme/mei/index.ts';
import { bytesOfHex, hexOf } from '../../../sap/index.ts';
import { got, Rig, result } from './support.ts';

/** Sends one request to a client and gives its answer as hex; undefined: none. */
function ask(clients: readonly MeClient[], guid: string, request: string): string | undefined {
  const rig = new Rig({ clients });
  const handle = rig.connected(guid);
  rig.write(handle, bytesOfHex(request.replaceAll(' ', ''))!);
  const { reply } = rig.read(handle);
  return reply === undefined || reply.errno !== 0 ? undefined : hexOf(reply.bytes);
}

const hex = (text: string) => text.replaceAll(/[ |]/g, '');

describe('AMTHI', () => {
  const amt = (options: Partial<AmtOptions>, request: string) =>
    ask([amthiClient(new Amt(options))], AMTHI_GUID, request);
  const interfaceOf = (linkUp: boolean) =>
    ({ ...PROVISIONED.wired!, ipv4: 0xc0a80132, linkUp, mac: 0x001122334455 }) as const;

  // Requests and answers as the project's description of the interface has them.
  it.each([
    [
      'GET_UUID',
      { uuid: '00112233-4455-6677-8899-aabbccddeeff' },
      '01 01 00 00 5c 00 00 04 00 00 00 00',
      '01 01 00 00 5c 00 80 04 14 00 00 00 00 00 00 00 33 22 11 00 55 44 77 66 88 99 aa bb cc dd ee ff',
    ],
    [
      'GET_CONTROL_MODE',
      { controlMode: 1 },
      '01 01 00 00 6b 00 00 04 00 00 00 00',
      '01 01 00 00 6b 00 80 04 08 00 00 00 00 00 00 00 01 00 00 00',
    ],
    [
      'GET_PROVISIONING_STATE',
      { provisioningState: 2 },
      '01 01 00 00 11 00 00 04 00 00 00 00',
      '01 01 00 00 11 00 80 04 08 00 00 00 00 00 00 00 02 00 00 00',
    ],
    [
      'GET_PROVISIONING_MODE',
      { provisioningMode: 1 },
      '01 01 00 00 08 00 00 04 00 00 00 00',
      '01 01 00 00 08 00 80 04 0c 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00',
    ],
    [
      'GET_LAN_INTERFACE_SETTINGS, wired',
      { wired: interfaceOf(true) },
      '01 01 00 00 48 00 00 04 04 00 00 00 00 00 00 00',
      '01 01 00 00 48 00 80 04 18 00 00 00 00 00 00 00 01 00 00 00 32 01 a8 c0 01 00 00 00 01 01 00 11 22 33 44 55',
    ],
    [
      'GET_LAN_INTERFACE_SETTINGS, wireless, static and down',
      { wireless: { ...interfaceOf(false), dhcp: false, enabled: false } },
      '01 01 00 00 48 00 00 04 04 00 00 00 01 00 00 00',
      '01 01 00 00 48 00 80 04 18 00 00 00 00 00 00 00 00 00 00 00 32 01 a8 c0 00 00 00 00 02 00 00 11 22 33 44 55',
    ],
    [
      'GET_LAN_INTERFACE_SETTINGS, no wireless',
      { wireless: null },
      '01 01 00 00 48 00 00 04 04 00 00 00 01 00 00 00',
      '01 01 00 00 48 00 80 04 04 00 00 00 c5 09 00 00',
    ],
    [
      'GET_LAN_INTERFACE_SETTINGS, a third one',
      {},
      '01 01 00 00 48 00 00 04 04 00 00 00 02 00 00 00',
      '01 01 00 00 48 00 80 04 04 00 00 00 c5 09 00 00',
    ],
    [
      'GET_PKI_FQDN_SUFFIX',
      { dnsSuffix: 'corp.example' },
      '01 01 00 00 36 00 00 04 00 00 00 00',
      '01 01 00 00 36 00 80 04 12 00 00 00 00 00 00 00 0c 00 63 6f 72 70 2e 65 78 61 6d 70 6c 65',
    ],
    [
      'a command that there is not',
      {},
      '01 01 00 00 ff 00 00 04 00 00 00 00',
      '01 01 00 00 ff 00 80 04 04 00 00 00 03 08 00 00',
    ],
    [
      'a length that is not that of the message',
      {},
      '01 01 00 00 5c 00 00 04 01 00 00 00',
      '01 01 00 00 5c 00 80 04 04 00 00 00 04 00 00 00',
    ],
    [
      'a message that is too long for its command',
      {},
      '01 01 00 00 5c 00 00 04 01 00 00 00 00',
      '01 01 00 00 5c 00 80 04 04 00 00 00 04 00 00 00',
    ],
  ] satisfies [string, Partial<AmtOptions>, string, string][])('%s', (_, options, request, answer) => {
    expect(amt(options, request)).toBe(hex(answer));
  });

  it('GET_CODE_VERSIONS', () => {
    const facts = { version: '16.1.25.2049', biosVersion: 'BIOS1.0', sku: '16392' };
    const bytes = Buffer.from(amt(facts, '010100001a00000400000000')!, 'hex');
    expect(bytes.length).toBe(12 + bytes.readUInt32LE(8));
    const data = bytes.subarray(16);
    expect(data.subarray(0, 65).toString('latin1')).toBe('BIOS1.0'.padEnd(65, '\0'));
    const count = data.readUInt32LE(65);
    expect(data.length).toBe(69 + 44 * count);
    const text = (at: number) => {
      const length = data.readUInt16LE(at);
      expect(data.subarray(at + 2 + length, at + 22).every((b) => b === 0)).toBe(true);
      return data.toString('latin1', at + 2, at + 2 + length);
    };
    const versions = Array.from({ length: count }, (__, i) => [text(69 + 44 * i), text(69 + 44 * i + 22)]);
    expect(Object.fromEntries(versions)).toMatchObject({
      AMT: '16.1.25',
      Flash: '16.1.25',
      'Build Number': '2049',
      Sku: '16392',
    });
  });

  it('texts that are too long for their fields are cut off', () => {
    const answer = amt({ biosVersion: 'x'.repeat(100), sku: '9'.repeat(40) }, '010100001a00000400000000');
    expect(answer).toHaveLength(2 * (16 + 69 + 440));
  });

  it('with AMT disabled every answer is empty', () => {
    expect(amt({ enabled: false }, '010100005c00000400000000')).toBe('');
  });

  it('what is shorter than a header ends the connection', () => {
    const rig = new Rig();
    const handle = rig.connected(AMTHI_GUID);
    const read = rig.read(handle);
    rig.write(handle, 'short');
    expect(result(read)).toBe(-ENODEV);
  });
});

describe('MKHI', () => {
  const amt = new Amt({ version: '15.0.22.1706' });

  it.each([MKHI_GUID, MKHI_FIXED_GUID])('GET_FW_VERSION of %s', (guid) => {
    const block = '0000 0f00 aa06 1600';
    expect(ask(standardClients(amt), guid, 'ff020000')).toBe(hex(`ff820000 ${block}${block}${block}`));
  });

  it.each([
    ['03020000 00000000', '03820000 00000000 04 04102600', 'what the machine could have'],
    ['03020000 20000000', '03820000 20000000 04 04102600', 'what is enabled'],
    ['03020000 1d000000', '03820000 1d000000 04 81140000', 'a laptop with AMT'],
    ['03020000 07000000', '03820000 07000000 04 01000000', 'the firmware may be updated'],
    ['03020000 63000000', '03820089', 'no such rule'],
    ['03020000 0000', '03820005', 'half a rule'],
    ['03060000 00001000 08 0000000002000000', '03860000', 'Linux tells its version'],
    ['ff0a0000', 'ff8a0000 03000000', 'the BIOS has ended'],
    ['ff1d0000', 'ff9d0000 01', 'the same'],
    ['ff230000', 'ffa30000 00', 'the start is not measured'],
    ['ff1c0000 46545052', 'ff9c0081', 'no such partition'],
    ['ff7f0000', 'ffff008d', 'no such command'],
  ])('%s: %s, %s', (request, answer) => {
    expect(ask(standardClients(amt), MKHI_GUID, request)).toBe(hex(answer));
  });

  it('AMT is none of the features that are enabled while it is disabled', () => {
    const disabled = standardClients(new Amt({ enabled: false }));
    expect(ask(disabled, MKHI_GUID, '03020000 20000000')).toBe(hex('03820000 20000000 04 00102600'));
  });

  it('what is shorter than a header ends the connection', () => {
    expect(ask(standardClients(), MKHI_GUID, 'ff02')).toBeUndefined();
  });
});

describe('a client of one’s own', () => {
  it('can speak first, at its own times, and is told of the end', () => {
    const seen: string[] = [];
    const rig = new Rig({
      clients: [
        {
          name: 'ticker',
          guid: '00000000-0000-4000-8000-000000000001',
          protocolVersion: 1,
          maxMessageLength: 64,
          maxConnections: 1,
          accept(link) {
            link.send(Uint8Array.of(0x68, 0x69));
            link.wakeAt(link.nowMs + 100);
            return {
              onWake() {
                link.send(Uint8Array.of(0x74));
                link.wakeAt(link.nowMs + 100);
              },
              onClose: () => seen.push('closed'),
            };
          },
          onReset: () => seen.push('reset'),
        },
      ],
    });
    const handle = rig.connected('00000000-0000-4000-8000-000000000001');
    expect(got(rig.read(handle))).toBe('hi');
    expect(got(rig.read(handle, 64, true))).toBe(-EAGAIN);
    rig.pass(300);
    expect([1, 2, 3].map(() => got(rig.read(handle)))).toEqual(['t', 't', 't']);
    rig.feed({ type: 'reset', readyAfterMs: 1 });
    expect(seen).toEqual(['closed', 'reset']);
    rig.pass(1_000);
    expect(rig.device.nextTimeoutAt()).toBeUndefined();
  });

  it('what it does outside of a call is taken up with the next turn of the device', () => {
    let send: (() => void) | undefined;
    const properties = { name: 'pushed', guid: '00000000-0000-4000-8000-000000000002' };
    const rig = new Rig({
      clients: [
        {
          ...properties,
          protocolVersion: 1,
          maxMessageLength: 64,
          maxConnections: 1,
          accept(link) {
            send = () => link.send(Uint8Array.of(0x70));
            return {};
          },
        },
      ],
    });
    const read = rig.read(rig.connected(properties.guid));
    send!();
    expect(got(read)).toBeUndefined();
    rig.pass(0);
    expect(got(read)).toBe('p');
  });
});
