import { describe, expect, test } from 'vitest';
import { meiDeviceJson, meiDeviceText, type SeenDevice } from '../../cli/mei-list.ts';
import {
  listMeiDevices,
  MEI_CLIENTS,
  type MeiClientAnswer,
  type MeiClientName,
  type MeiClientReport,
  MeiError,
} from '../../transport/index.ts';
import { UNKNOWN } from '../support/mei-device.ts';
import { sapwood } from './run.ts';

const report = (name: MeiClientName, answer: MeiClientAnswer): MeiClientReport => ({
  name,
  guid: MEI_CLIENTS[name].guid,
  answer,
});
const error = new MeiError('MEI_ERR_CONNECT_TIMEOUT', { path: '/dev/mei0', errno: 14, detail: '(EFAULT)' });
const LAPTOP: SeenDevice = {
  device: {
    name: 'mei0',
    path: '/dev/mei0',
    state: 'ENABLED',
    kind: 'mei',
    firmwareVersions: ['0:16.1.25.1865', '0:16.1.25.1865', '0:16.1.0.1500'],
    hbmVersion: '2.2',
    hbmVersionOfDriver: '2.2',
    firmwareStatus: ['90000255', '39850106'],
    trace: undefined,
    sendQueueLimit: 50,
  },
  clients: [
    report('AMTHI', { answer: 'connected', protocolVersion: 1, maxMessageLength: 5120 }),
    report('LME', { answer: 'absent' }),
    report('WATCHDOG', { answer: 'busy' }),
    report('MKHI', { answer: 'failed', error }),
    report('HOTHAM', { answer: 'absent' }),
  ],
};
const BARE: SeenDevice = {
  device: {
    name: 'mei1',
    path: undefined,
    ...UNKNOWN,
  },
  clients: undefined,
};
const refused = new MeiError('MEI_ERR_PERMISSION', {
  path: '/dev/mei0',
  errno: 13,
  syscall: 'open',
  detail: '(open: EACCES)',
});

describe('for people', () => {
  test('a device with its clients', () => {
    expect(meiDeviceText(LAPTOP, 80).join('\n')).toBe(`/dev/mei0
  state    ENABLED
  kind     mei
  firmware 0:16.1.25.1865, 0:16.1.25.1865, 0:16.1.0.1500
  HBM      2.2 (driver 2.2)
  status   90000255 39850106
  clients
    AMTHI     version 1, messages of 5120 bytes: AMT host interface, also called PTHI
    WATCHDOG  in use by a kernel driver or another program: AMT agent watchdog (mei_wdt)
    MKHI      not connected (MEI_ERR_CONNECT_TIMEOUT): firmware kernel host interface
    not there: LME, HOTHAM`);
    expect(meiDeviceText(LAPTOP, 24).slice(-2)).toEqual(['    not there: LME,', '      HOTHAM']);
  });

  test('a device of which nothing is known, and one that may not be asked', () => {
    expect(meiDeviceText(BARE, 80)).toEqual(['mei1 (no node in /dev)', '  state    not known']);
    expect(meiDeviceText({ ...LAPTOP, clients: refused }, 80).at(-1)).toBe(
      '  clients  not asked: /dev/mei0: This user may not open the MEI device. (open: EACCES)',
    );
  });
});

describe('for programs', () => {
  test('everything, and null for what is not known', () => {
    expect(JSON.parse(JSON.stringify(meiDeviceJson(LAPTOP)))).toMatchObject({
      name: 'mei0',
      path: '/dev/mei0',
      state: 'ENABLED',
      trace: null,
      error: null,
      clients: [
        {
          name: 'AMTHI',
          guid: MEI_CLIENTS.AMTHI.guid,
          answer: 'connected',
          protocolVersion: 1,
          maxMessageLength: 5120,
        },
        { name: 'LME', answer: 'absent' },
        { name: 'WATCHDOG', answer: 'busy' },
        {
          name: 'MKHI',
          answer: 'failed',
          error: { code: 'MEI_ERR_CONNECT_TIMEOUT', errno: 14, message: error.message },
        },
        { name: 'HOTHAM', answer: 'absent' },
      ],
    });
    const keys = Object.keys(meiDeviceJson(LAPTOP));
    expect(Object.keys(meiDeviceJson(BARE))).toEqual(keys);
    expect(JSON.parse(JSON.stringify(meiDeviceJson(BARE)))).toMatchObject({
      path: null,
      clients: null,
      error: null,
    });
    expect(meiDeviceJson({ ...LAPTOP, clients: refused })).toMatchObject({
      clients: null,
      error: { code: 'MEI_ERR_PERMISSION', errno: 13 },
    });
  });
});

describe.skipIf(listMeiDevices().length > 0)('a machine without a MEI device', () => {
  test('is told what it lacks', () => {
    expect(sapwood(['mei', 'list'])).toEqual({
      status: 3,
      stdout: '',
      stderr:
        'sapwood: this machine has no MEI device.\nIt needs an Intel platform and the kernel module mei_me: `modprobe mei_me`, then `ls /dev/mei*`.\n',
    });
  });

  test('has an empty list', () => {
    expect(sapwood(['mei', 'list', '--no-ask', '--json'])).toMatchObject({
      status: 3,
      stdout: '{"devices":[]}\n',
    });
  });
});
