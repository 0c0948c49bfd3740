import { describe, expect, test } from 'vitest';
import { AmthiError, type AmtInfo, openAmthi, readAmtInfo } from '../../amt/index.ts';
import { absenceOf } from '../../cli/amt/absence.ts';
import { absenceJson } from '../../cli/amt/info.ts';
import { infoJson, infoText } from '../../cli/amt/info-text.ts';
import { CliError } from '../../cli/exit.ts';
import { Amt, type AmtState, CLIENT_CONTROL, DISABLED, UNPROVISIONED } from '../../csme/amt/index.ts';
import { amthiClient } from '../../csme/mei/index.ts';
import { listMeiDevices, MeiError } from '../../transport/index.ts';
import { MeiDriver } from '../transport/mei/support/driver.ts';
import { sapwood } from './run.ts';

const PATH = '/dev/mei0';

/** What the emulated AMT says of itself. */
async function infoOf(state: Partial<AmtState> = {}): Promise<AmtInfo> {
  const calls = new MeiDriver({ clients: [amthiClient(new Amt(state))] });
  const client = await openAmthi(PATH, { calls });
  try {
    return await readAmtInfo(client);
  } finally {
    await client.close();
  }
}

describe('for people', () => {
  test('every state with what it means, in 80 columns', async () => {
    const [certificate] = new Amt().state.certificateHashes;
    const lines = infoText(
      PATH,
      await infoOf({ ...CLIENT_CONTROL, wireless: null, certificateHashes: [certificate!] }),
      80,
    );
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.join('\n')).toBe(`/dev/mei0
  AMT           16.1.25, build 2049
  BIOS          not told
  UUID          4c4c4544-0053-4150-8057-4f4f44303030
  state         POST. AMT is provisioned: whoever has its password manages this
                machine through the network.
  mode          ENTERPRISE. The one that all present firmware is provisioned in.
  control       CLIENT. Client control (CCM): a program of this machine set AMT
                up; remote control of screen and disks needs the consent of the
                user.
  TLS           off
  redirection   serial over LAN, IDE redirection, remote KVM
  DNS suffix    example.test
  FQDN          sapwood.example.test, shared with the host
  wired LAN     02:11:22:33:44:55, 192.0.2.1 by DHCP (AMT asks the DHCP server
                itself), link down
  wireless LAN  none that AMT could use
  remote access NOT_CONNECTED. AMT has no connection to a management presence
                server.
  network       DIRECT. AMT is in the network of the enterprise.
  last reset    OTHER. It was not AMT that reset this machine.
  certificates that a configuration server may come with
    AAA Certificate Services (of the firmware)
      SHA256 d7a7a0fb5d7e2731d771e9484ebcdef71d5f0c3e0a2948782bc83ee0ea699ef4`);
  });

  test('remote access, and a reset by an administrator', async () => {
    const lines = infoText(
      PATH,
      await infoOf({
        remoteAccess: { network: 2, connection: 2, trigger: 0, mpsHost: 'mps.example' },
        hostReset: { reason: 0, atS: 1_700_000_000 },
      }),
      200,
    );
    expect(lines.filter((line) => /^ {2}(remote|network|asked|server|last)/.test(line))).toEqual([
      '  remote access CONNECTED. AMT is connected to its management presence server, and can be managed from there.',
      '  network       OUTSIDE. AMT is outside of the network of the enterprise.',
      '  asked for by  USER. The user.',
      '  server        mps.example',
      '  last reset    REMOTE_CONTROL, 2023-11-14 22:13:20 UTC. An administrator reset this machine through AMT.',
    ]);
  });

  test('what AMT refuses is said with its status, and the rest is shown', async () => {
    const refused = new AmthiError('AMTHI_ERR_REFUSED', 'GET_FQDN', { status: 0x10 });
    const info = { ...(await infoOf()), fqdn: refused, certificateHashes: refused };
    const lines = infoText(PATH, info, 200);
    expect(lines).toContain(
      '  FQDN          not told (NOT_PERMITTED: AMT does not permit this here and now.)',
    );
    expect(lines.at(-1)).toBe(
      '  certificates  not told (NOT_PERMITTED: AMT does not permit this here and now.)',
    );
    expect(infoJson(PATH, info)).toMatchObject({
      fqdn: null,
      certificateHashes: null,
      refused: [
        { command: 'GET_FQDN', status: 0x10 },
        { command: 'GET_FQDN', status: 0x10 },
      ],
    });
  });

  test('a value that nobody knows is its number', async () => {
    const info = { ...(await infoOf()), controlMode: { mode: 7 } };
    expect(infoText(PATH, info, 80)).toContain('  control       unknown (7)');
    expect(infoJson(PATH, info)).toMatchObject({
      controlMode: { value: 7, name: null, meaning: null },
    });
  });
});

test('for programs: numbers with their names', async () => {
  expect(infoJson(PATH, await infoOf(UNPROVISIONED))).toMatchObject({
    device: PATH,
    amt: 'enabled',
    provisioned: false,
    version: '16.1.25',
    build: '2049',
    uuid: '4c4c4544-0053-4150-8057-4f4f44303030',
    provisioningState: { value: 0, name: 'PRE' },
    controlMode: { value: 0, name: 'NONE' },
    wired: { macAddress: '02:11:22:33:44:55', ipv4Address: '192.0.2.1', linkStatus: 0 },
    refused: [],
  });
});

describe('where AMT cannot be asked', () => {
  const SAID = [
    ['MEI_ERR_NO_CLIENT', 'absent', /no AMT/],
    ['MEI_ERR_NO_ANSWER', 'disabled', /AMT is disabled/],
    ['MEI_ERR_BUSY', 'busy', /another program/],
    ['MEI_ERR_PERMISSION', 'unknown', /may not open/],
    ['MEI_ERR_NO_DEVICE', 'unknown', /no such MEI device/],
  ] as const;
  test.each(SAID)('%s: %s', (code, amt, sentence) => {
    const told = absenceOf(new MeiError(code, { path: PATH }));
    expect(told).toMatchObject({ amt, problem: { exit: 'environment' } });
    expect(told?.problem.message).toMatch(sentence);
    expect(told?.problem.next).toMatch(/\S/);
    expect(absenceJson(PATH, told!.amt, told!.problem)).toMatchObject({
      device: PATH,
      amt,
      error: told?.problem.message,
    });
  });

  test('a disabled AMT says so by an empty answer', async () => {
    const error = await infoOf(DISABLED).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AmthiError);
    expect(absenceOf(error)?.amt).toBe('disabled');
  });

  test('an answer that is none is told as it is', () => {
    const told = absenceOf(new AmthiError('AMTHI_ERR_TIMEOUT', 'GET_UUID'));
    expect(told?.amt).toBe('unknown');
    expect(told?.problem.message).toContain('GET_UUID');
    expect(absenceOf(new Error('something else'))).toBeUndefined();
    expect(told?.problem).toBeInstanceOf(CliError);
  });
});

test.skipIf(listMeiDevices().length > 0)('a machine without MEI: status 3, and what it needs', () => {
  const { status, stdout, stderr } = sapwood(['amt', 'info']);
  expect([status, stdout]).toEqual([3, '']);
  expect(stderr).toMatch(/^sapwood: this machine has no MEI device\.\nIt needs an Intel platform/);
  const asJson = sapwood(['amt', 'info', '--json']);
  expect(asJson.status).toBe(3);
  expect(JSON.parse(asJson.stdout)).toMatchObject({
    device: null,
    amt: 'unknown',
    error: expect.stringMatching('no MEI'),
  });
});
