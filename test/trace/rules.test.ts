/** Every rule: a trace that keeps it, and one that breaks it and nothing else. */
import { describe, expect, test } from 'vitest';
import { encodeSap, FlexFilterFlags, noFilters, type SapDraft } from '../../sap/index.ts';
import { RULE_IDS, type RuleId } from '../../trace/index.ts';
import { dhcpFrame, Script, tcpFrame } from '../support/script.ts';

const PING: SapDraft = { name: 'PING' };
const PONG: SapDraft = { name: 'PONG' };
const ASKS: SapDraft = { name: 'HOST_ASKS_FOR_NIC_OWNERSHIP' };
const CONFIRMED: SapDraft = { name: 'HOST_OWNERSHIP_CONFIRMED' };
const CSME_CONFIRMED: SapDraft = { name: 'CSME_OWNERSHIP_CONFIRMED' };
const TAKING: SapDraft = { name: 'CSME_TAKING_OWNERSHIP' };
const PLDR: SapDraft = { name: 'PLDR', version: 0 };
const reply = (granted: number): SapDraft => ({ name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted });
const country = (mcc: number): SapDraft => ({ name: 'COUNTRY_CODE', mcc, sourceId: 0, diffTime: 0 });
const pldrAck = (status: number): SapDraft => ({ name: 'PLDR_ACK', version: 0, status });

const LINK = {
  ssidLen: 4,
  ssid: Uint8Array.of(0x68, 0x6f, 0x6d, 0x65, ...new Uint8Array(28)),
  authMode: 7,
  pairwiseCipher: 4,
  channel: 36,
  band: 1,
  bssid: 0x020000000005,
};
const ASSOCIATED = {
  ssid: Buffer.from(LINK.ssid).toString('hex'),
  ssid_len: 4,
  auth_mode: 7,
  pairwise_cipher: 4,
  channel: 36,
  band: 1,
  bssid: '02:00:00:00:00:05',
  colloc_channel: 6,
  colloc_bssid: '02:00:00:00:00:06',
};
const linkUp = (collocated: boolean): SapDraft => ({
  name: 'HOST_LINK_UP',
  connectionInfo: LINK,
  collocChannel: collocated ? 6 : 0,
  collocBand: 0,
  collocBssid: collocated ? 0x020000000006 : 0,
});
const status = (linkProtState: number): SapDraft => ({
  name: 'CSME_CONN_STATUS',
  linkProtState,
  scanRequest: 0,
  connectionInfo: LINK,
});
const CONN_STATUS = {
  lp_state: 1,
  auth_mode: 7,
  ssid_len: 4,
  channel: 36,
  band: 1,
  pairwise_cipher: 4,
  bssid: '02:00:00:00:00:05',
  ssid: ASSOCIATED.ssid,
};
const NVM: SapDraft = {
  name: 'NVM',
  hwAddr: 0x021122334455,
  nHwAddrs: 1,
  reserved15: 0,
  radioCfg: 1,
  caps: 2,
  nvmVersion: 3,
  channels: new Array<number>(110).fill(7),
};
const NVM_RET = {
  ret: 1,
  hw_addr: '02:11:22:33:44:55',
  n_hw_addrs: 1,
  reserved: 0,
  radio_cfg: 1,
  caps: 2,
  nvm_version: 3,
  channels: '07000000'.repeat(16),
  channels_tail: '07000000'.repeat(4),
};
const AMT_PORT = {
  srcPort: 0,
  dstPort: 16992,
  flags: FlexFilterFlags.ENABLED | FlexFilterFlags.TCP,
  reserved5: 0,
};
const wanting = (s: Script) => {
  const { flexFilters } = noFilters();
  return s.filters({ flexFilters: [AMT_PORT, ...flexFilters.slice(1)] });
};
const MULTICAST = Uint8Array.of(1, 0, 0x5e, 0, 0, 0xfb, ...tcpFrame(16992).subarray(6));
const multicastWanted = (s: Script) => {
  const { ethFilters, flexFilters } = noFilters();
  const filter = { macAddress: 0x01005e0000fb, flags: 0x06 };
  return s.filters({
    flexFilters: [AMT_PORT, ...flexFilters.slice(1)],
    ethFilters: [filter, ...ethFilters.slice(1)],
  });
};
const packet = (frame: Uint8Array): SapDraft => ({ name: 'DATA_PACKET', frame });
const copyOf = (frame: Uint8Array, toMeFiltStatus = 0x4000_0000): SapDraft => ({
  name: 'CB_DATA_PACKET',
  toMeFiltStatus,
  dataLen: frame.length,
  frame,
});
const control = (...words: number[]) => new Uint8Array(Uint32Array.from(words).buffer);
const CONTROL = control(
  0x21504153, 64, 0, 0, 0, 32768, 0, 0, 48256, 0, 0, 0, 62720, 0, 0, 24128,
); // biome-ignore format: the block as it lies
const TRAILER = control(0x21504153);
const area = (s: Script, block: Uint8Array) =>
  s.add({ ch: 'area', dir: 'h2m', size: 172032, control: block, trailer: TRAILER });
const changed = (bytes: Uint8Array, at: number, value: number) => {
  const out = bytes.slice();
  out[at] = value;
  return out;
};
const registered = () => new Script().note('a driver of a test', 'test').call('register').ret('register');

interface Case {
  readonly keeps: () => Script;
  /** The line of the finding is that of the last event, or `at` before it. */
  readonly breaks: readonly (readonly [what: string, script: () => Script, line?: (s: Script) => number])[];
  /** How long the trace goes on behind what is judged, in ms. */
  readonly afterMs?: number;
}

const filled = (s: Script, last: number) => {
  for (let i = 0; i < last; i++) s.call('country', { mcc: i });
  return s;
};

const CASES: { readonly [R in RuleId]?: Case } = {
  'map.order': {
    keeps: () => new Script().enabled('host', 3),
    breaks: [
      [
        'version 3 first',
        () =>
          registered()
            .bus('ctl', 'probe', { arg: 0 })
            .bus('drv', 'dma_map', { buffer_id: 1, size: 139264, ret: 0 }),
      ],
      [
        'a fourth round',
        () => {
          const s = registered().bus('ctl', 'probe', { arg: 0 });
          for (let i = 0; i < 4; i++) {
            s.bus('drv', 'dma_map', { buffer_id: 1, size: 172032, ret: -14 });
            if (i < 3) s.bus('drv', 'dma_map', { buffer_id: 1, size: 139264, ret: -14 }).pass(100);
          }
          return s;
        },
      ],
    ],
  },
  'start.area': {
    keeps: () => area(registered().probe(), CONTROL),
    breaks: [
      ['a ring of another size', () => area(registered().probe(), changed(CONTROL, 21, 0x90))],
      ['a pointer that is not 0', () => area(registered().probe(), changed(CONTROL, 12, 8))],
      ['no "SAP!"', () => area(registered().probe(), changed(CONTROL, 0, 0))],
    ],
  },
  'start.first-message': {
    keeps: () => new Script().enabled(),
    breaks: [
      ['a door bell first', () => registered().probe().bell()],
      ['twice', () => new Script().enabled().me({ name: 'START', supportedVersions: [4] })],
    ],
  },
  'start.contents': {
    keeps: () => new Script().enabled(),
    breaks: [
      [
        'another len',
        () =>
          registered()
            .probe()
            .me({ name: 'START', supportedVersions: [4], len: 0 }),
      ],
      [
        'shared memory',
        () =>
          registered()
            .probe()
            .me({ name: 'START', supportedVersions: [4], sharedMem: 1n }),
      ],
    ],
  },
  'start.versions': {
    keeps: () => new Script().enabled('host', 3),
    breaks: [
      [
        'of another area',
        () =>
          registered()
            .probe()
            .me({ name: 'START', supportedVersions: [3] }),
      ],
      [
        'more than one',
        () =>
          registered()
            .probe()
            .me({ name: 'START', supportedVersions: [4, 3] }),
      ],
      ['none', () => registered().probe().me({ name: 'START', supportedVersions: [] })],
    ],
  },
  'start.no-sap-before-start-ok': {
    keeps: () => new Script().enabled(),
    breaks: [
      [
        'a message at once',
        () =>
          registered()
            .probe()
            .me({ name: 'START', supportedVersions: [4] })
            .pass(1)
            .bell()
            .read({ name: 'HOST_RESUMES', initControlBlock: 0 }),
      ],
    ],
  },
  'start.start-ok-checked': {
    keeps: () => {
      const s = registered()
        .probe()
        .me({ name: 'START', supportedVersions: [4] })
        .pass(1);
      return s.csmeMe({ name: 'START_OK', supportedVersion: 3 }).pass(500);
    },
    breaks: [
      [
        'another version',
        () => {
          const s = registered()
            .probe()
            .me({ name: 'START', supportedVersions: [4] })
            .pass(1);
          return s
            .csmeMe({ name: 'START_OK', supportedVersion: 3 })
            .pass(5)
            .bell()
            .read({ name: 'HOST_RESUMES', initControlBlock: 0 });
        },
      ],
    ],
  },
  'sap.seq': {
    keeps: () => new Script().enabled().csme(PING).host(PONG),
    breaks: [
      [
        'left out',
        () => {
          const s = new Script().enabled().csme(PING);
          s.seq++;
          return s.host(PONG);
        },
      ],
      ['repeated', () => new Script().enabled().csme(PING).pass(100).bell().pass(1).read(PONG, 4)],
      [
        'from the link before',
        () => {
          const s = new Script()
            .enabled()
            .removed()
            .pass(500)
            .started()
            .csme({ name: 'AMT_STATE', enabled: 1 });
          s.pass(100).bell().pass(1);
          Script.CONFIGURATION.forEach((draft, i) => {
            s.read(draft, i + 6);
          });
          return s;
        },
        (s) => s.line - 3,
      ],
    ],
  },
  'sap.length': {
    keeps: () => new Script().enabled().csme(PING).host(PONG),
    breaks: [
      [
        'longer than the layout',
        () => {
          const s = new Script().enabled().csme(PING).pass(100).bell().pass(1);
          const bytes = encodeSap({ name: 'UNKNOWN', id: 2, payload: new Uint8Array(4) }, ++s.seq);
          return s.add({ ch: 'notif', dir: 'h2m', bytes });
        },
      ],
    ],
  },
  'sap.queue': {
    keeps: () => new Script().enabled().csme(PING).host(PONG),
    breaks: [
      [
        'in the data ring',
        () => {
          const s = new Script().enabled().bell().pass(1);
          return s.add({
            ch: 'data',
            dir: 'h2m',
            bytes: encodeSap({ name: 'HOST_RESUMES', initControlBlock: 0 }, ++s.seq),
          });
        },
      ],
    ],
  },
  'sap.type': {
    keeps: () => new Script().enabled(),
    breaks: [
      ['of CSME', () => new Script().enabled().host({ name: 'NIC_OWNER', owner: 1 })],
      [
        'of nobody',
        () => new Script().enabled().host({ name: 'UNKNOWN', id: 1014, payload: new Uint8Array(0) }),
      ],
    ],
  },
  'sap.reserved': {
    keeps: () => new Script().enabled().call('country', { mcc: 5 }).host(country(5)),
    breaks: [
      [
        'not zero',
        () =>
          new Script()
            .enabled()
            .call('country', { mcc: 5 })
            .host({ ...country(5), reserved11: 1 } as SapDraft),
      ],
    ],
  },
  'bell.throttle': {
    keeps: () => new Script().enabled().csme(PING).host(PONG).csme(PING).host(PONG),
    breaks: [
      [
        'after 20 ms',
        () => new Script().enabled().csme(PING).host(PONG).csme(PING).pass(18).bell().pass(1).read(PONG),
        (s) => s.line - 1,
      ],
    ],
  },
  'bell.missing': {
    keeps: () => new Script().enabled().csme(PING).host(PONG),
    breaks: [
      ['read long after', () => new Script().enabled().csme(PING).pass(700).note('still').read(PONG)],
      ['read very long after', () => new Script().enabled().csme(PING).pass(5000).note('still').read(PONG)],
    ],
  },
  'bell.repeat': {
    keeps: () => {
      const s = new Script().enabled().csme(PING);
      for (let i = 0; i < 9; i++) s.bell().pass(104);
      return s.read(PONG);
    },
    breaks: [
      [
        'once and never again',
        () => new Script().enabled().csme(PING).bell().pass(900).note('still').read(PONG),
      ],
    ],
  },
  'ring.full-reads-empty': {
    keeps: () => {
      // The last one is left out.
      const s = filled(new Script().enabled('host', 3), 140).pass(100).bell().pass(100).bell();
      for (let i = 0; i < 139; i++) s.read(country(i));
      return s;
    },
    breaks: [
      [
        'to the last byte',
        () => {
          const s = filled(new Script().enabled('host', 3).bell(), 140).pass(300).call('country', { mcc: 9 });
          s.seq += 140;
          return s.pass(10).host(country(9));
        },
        (s) => s.line - 3,
      ],
    ],
  },
  'ring.pointer': {
    keeps: () => area(area(new Script().started(), CONTROL), changed(CONTROL, 12, 8)),
    breaks: [['beyond the ring', () => area(area(new Script().started(), CONTROL), changed(CONTROL, 14, 1))]],
  },
  'ring.read-whole': {
    keeps: () =>
      area(
        area(new Script().enabled(), CONTROL).csme(PING).host(PONG).pass(1100),
        changed(changed(CONTROL, 40, 8), 44, 8),
      ),
    breaks: [
      [
        'a rest',
        () =>
          area(
            area(new Script().enabled(), CONTROL).csme(PING).host(PONG).pass(1100),
            changed(CONTROL, 40, 8),
          ),
      ],
    ],
  },
  'init.missing': {
    keeps: () => new Script().enabled(),
    breaks: Script.CONFIGURATION.map((left) => [
      `${left.name} left out`,
      () =>
        new Script()
          .started()
          .csme({ name: 'AMT_STATE', enabled: 1 })
          .host(...Script.CONFIGURATION.filter((draft) => draft !== left)),
      (s) => s.line - 5,
    ]),
  },
  'init.order': {
    keeps: () => new Script().enabled(),
    breaks: [
      [
        'two changed places',
        () => {
          const [up, who, country, radio] = Script.CONFIGURATION as [SapDraft, SapDraft, SapDraft, SapDraft];
          return new Script().started().csme({ name: 'AMT_STATE', enabled: 1 }).host(up, country, who, radio);
        },
        (s) => s.line - 1,
      ],
      ['WHO_OWNS_NIC again', () => new Script().enabled().host({ name: 'WHO_OWNS_NIC' })],
    ],
  },
  'init.contents': {
    keeps: () => {
      const s = registered().call('country', { mcc: 7 }).started().csme({ name: 'AMT_STATE', enabled: 1 });
      return s.host({ name: 'WIFIDR_UP' }, { name: 'WHO_OWNS_NIC' }, country(7), {
        name: 'RADIO_STATE',
        state: 3,
      });
    },
    breaks: [
      [
        'a value of before',
        () => {
          const s = new Script().enabled().call('country', { mcc: 7 }).host(country(7));
          s.csme({ name: 'AMT_STATE', enabled: 0 })
            .rfkill(0)
            .call('country', { mcc: 8 })
            .csme({ name: 'AMT_STATE', enabled: 1 });
          return s.host({ name: 'WIFIDR_UP' }, { name: 'WHO_OWNS_NIC' }, country(7), {
            name: 'RADIO_STATE',
            state: 3,
          });
        },
        (s) => s.line - 1,
      ],
    ],
  },
  'init.collocated': {
    keeps: () => associatedBefore(true),
    breaks: [['lost', () => associatedBefore(false), (s) => s.line - 2]],
  },
  'settings.sent': {
    keeps: () => new Script().enabled().call('country', { mcc: 7 }).host(country(7)),
    breaks: [
      ['another value', () => new Script().enabled().call('country', { mcc: 7 }).host(country(8))],
      ['not at all', () => new Script().enabled().call('country', { mcc: 7 })],
      ['an association not', () => new Script().enabled().call('associated', ASSOCIATED)],
      [
        'in another order',
        () =>
          new Script()
            .enabled()
            .call('country', { mcc: 7 })
            .call('set_rfkill', { hw: 1, sw: 0 })
            .host({ name: 'RADIO_STATE', state: 1 }, country(7)),
      ],
    ],
  },
  'settings.quiet': {
    keeps: () =>
      registered()
        .call('country', { mcc: 7 })
        .started()
        .csme({ name: 'AMT_STATE', enabled: 0 })
        .call('country', { mcc: 8 }),
    breaks: [
      ['while AMT is disabled', () => new Script().started().call('country', { mcc: 7 }).host(country(7))],
      ['that nobody gave', () => new Script().enabled().host(country(7))],
    ],
  },
  'driver.up': {
    keeps: () =>
      new Script().enabled().call('unregister').host({ name: 'WIFIDR_DOWN' }).ret('unregister', {}),
    breaks: [
      ['gone and not told', () => new Script().enabled().call('unregister')],
      ['told while AMT is disabled', () => new Script().started().host({ name: 'WIFIDR_UP' })],
    ],
  },
  'ping.pong': {
    keeps: () => new Script().enabled().csme(PING).host(PONG),
    breaks: [
      ['no PONG', () => new Script().enabled().csme(PING), (s) => s.line - 1],
      ['a second one', () => new Script().enabled().csme(PING).host(PONG).host(PONG)],
    ],
  },
  'nvm.request': {
    keeps: () =>
      new Script().enabled().call('get_nvm').host({ name: 'GET_NVM' }).csme(NVM).ret('get_nvm', NVM_RET),
    breaks: [
      [
        'not asked',
        () => new Script().enabled().call('get_nvm').pass(2000).ret('get_nvm', { ret: null }),
        (s) => s.line - 1,
      ],
      ['asked without a call', () => new Script().enabled().host({ name: 'GET_NVM' })],
    ],
  },
  'nvm.result': {
    keeps: () =>
      new Script()
        .enabled()
        .call('get_nvm')
        .host({ name: 'GET_NVM' })
        .pass(2000)
        .ret('get_nvm', { ret: null }),
    breaks: [
      [
        'other content',
        () =>
          new Script()
            .enabled()
            .call('get_nvm')
            .host({ name: 'GET_NVM' })
            .csme(NVM)
            .ret('get_nvm', { ...NVM_RET, caps: 9 }),
      ],
      [
        'given up too early',
        () =>
          new Script()
            .enabled()
            .call('get_nvm')
            .host({ name: 'GET_NVM' })
            .pass(400)
            .ret('get_nvm', { ret: null }),
      ],
    ],
  },
  'nvm.stale': {
    keeps: () => {
      const s = new Script()
        .enabled()
        .call('get_nvm')
        .host({ name: 'GET_NVM' })
        .csme(NVM)
        .ret('get_nvm', NVM_RET);
      return s
        .call('get_nvm')
        .host({ name: 'GET_NVM' })
        .csme({ ...NVM, caps: 5 } as SapDraft)
        .ret('get_nvm', { ...NVM_RET, caps: 5 });
    },
    breaks: [
      [
        'the one of before',
        () => {
          const s = new Script()
            .enabled()
            .call('get_nvm')
            .host({ name: 'GET_NVM' })
            .csme(NVM)
            .ret('get_nvm', NVM_RET);
          return s.call('get_nvm').host({ name: 'GET_NVM' }).ret('get_nvm', NVM_RET);
        },
      ],
    ],
  },
  'pldr.tries': {
    keeps: () => {
      const s = new Script()
        .enabled()
        .call('pldr')
        .host(PLDR)
        .pass(500)
        .host(PLDR)
        .pass(500)
        .host(PLDR)
        .pass(500);
      return s.ret('pldr', { ret: -110 });
    },
    breaks: [
      ['again after 100 ms', () => new Script().enabled().call('pldr').host(PLDR).pass(20).host(PLDR)],
      [
        'a fourth',
        () =>
          new Script()
            .enabled()
            .call('pldr')
            .host(PLDR)
            .pass(500)
            .host(PLDR)
            .pass(500)
            .host(PLDR)
            .pass(500)
            .host(PLDR),
      ],
      ['never', () => new Script().enabled().call('pldr')],
      [
        'given up after one',
        () => new Script().enabled().call('pldr').host(PLDR).pass(500).ret('pldr', { ret: -110 }),
      ],
      [
        'success after a refusal',
        () => new Script().enabled().call('pldr').host(PLDR).csme(pldrAck(1)).ret('pldr'),
      ],
    ],
  },
  'pldr.end': {
    keeps: () => accepted().call('alive', { success: 1 }).host({ name: 'PLDR_END', version: 0, status: 0 }),
    breaks: [
      ['missing', () => accepted().call('alive', { success: 1 })],
      [
        'the wrong status',
        () => accepted().call('alive', { success: 0 }).host({ name: 'PLDR_END', version: 0, status: 0 }),
      ],
      [
        'twice',
        () => {
          const end: SapDraft = { name: 'PLDR_END', version: 0, status: 0 };
          return accepted().call('alive', { success: 1 }).host(end).host(end);
        },
      ],
    ],
  },
  'own.ask': {
    keeps: () =>
      new Script()
        .enabled('csme')
        .call('get_ownership')
        .host(ASKS)
        .csme(reply(1))
        .rfkill(0)
        .ret('get_ownership')
        .host(CONFIRMED),
    breaks: [
      [
        'not asked',
        () =>
          new Script().enabled('csme').call('get_ownership').pass(500).ret('get_ownership', { ret: -110 }),
        (s) => s.line - 1,
      ],
      ['without a cause', () => new Script().enabled('csme').host(ASKS)],
    ],
  },
  'own.no-ask-when-owner': {
    keeps: () => new Script().enabled().pass(1000).call('get_ownership').ret('get_ownership'),
    breaks: [
      ['asked all the same', () => new Script().enabled().pass(1000).call('get_ownership').host(ASKS)],
    ],
  },
  'own.result': {
    keeps: () =>
      new Script()
        .enabled('csme')
        .call('get_ownership')
        .host(ASKS)
        .csme(reply(0))
        .ret('get_ownership', { ret: -13 }),
    breaks: [
      [
        'success after a refusal',
        () =>
          new Script().enabled('csme').call('get_ownership').host(ASKS).csme(reply(0)).ret('get_ownership'),
      ],
      [
        'given up too early',
        () =>
          new Script()
            .enabled('csme')
            .call('get_ownership')
            .host(ASKS)
            .pass(100)
            .ret('get_ownership', { ret: -110 }),
      ],
      [
        'failed after a grant',
        () =>
          new Script()
            .enabled('csme')
            .call('get_ownership')
            .host(ASKS)
            .csme(reply(1))
            .rfkill(0)
            .ret('get_ownership', { ret: -110 })
            .host(CONFIRMED),
        (s) => s.line - 2,
      ],
    ],
  },
  'own.confirm': {
    keeps: () => new Script().enabled('csme').csme(reply(1)).rfkill(0).host(CONFIRMED),
    breaks: [
      ['missing', () => new Script().enabled('csme').csme(reply(1)).rfkill(0), (s) => s.line - 2],
      ['after a refusal', () => new Script().enabled('csme').csme(reply(0)).host(CONFIRMED)],
    ],
  },
  'own.ask-again': {
    keeps: () => new Script().enabled().csme(TAKING).host(CSME_CONFIRMED).pass(60_500).host(ASKS),
    breaks: [
      ['after 5 s', () => new Script().enabled().csme(TAKING).host(CSME_CONFIRMED).pass(5000).host(ASKS)],
      ['never', () => new Script().enabled().csme(TAKING).host(CSME_CONFIRMED), (s) => s.line],
    ],
    afterMs: 70_000,
  },
  'own.offer': {
    keeps: () => new Script().enabled('csme').csme({ name: 'CSME_CAN_RELEASE_OWNERSHIP' }).host(ASKS),
    breaks: [
      [
        'not taken up',
        () => new Script().enabled('csme').csme({ name: 'CSME_CAN_RELEASE_OWNERSHIP' }),
        (s) => s.line - 1,
      ],
    ],
  },
  'own.confirm-taking': {
    keeps: () => taken().call('device_state', { up: 0 }).host(CSME_CONFIRMED),
    breaks: [
      ['before the device is down', () => taken().host(CSME_CONFIRMED)],
      ['never', () => taken().call('device_state', { up: 0 })],
      ['never, with the device down', () => new Script().enabled().csme(TAKING), (s) => s.line - 1],
    ],
  },
  'own.taking-told': {
    keeps: () => taken(),
    breaks: [
      [
        'not told',
        () => new Script().enabled().call('device_state', { up: 1 }).csme(TAKING),
        (s) => s.line - 1,
      ],
    ],
  },
  'lp.status': {
    keeps: () => new Script().enabled('csme').csme(status(1)).tell('me_conn_status', CONN_STATUS).rfkill(1),
    breaks: [
      [
        'another channel',
        () =>
          new Script()
            .enabled('csme')
            .csme(status(1))
            .tell('me_conn_status', { ...CONN_STATUS, channel: 1 })
            .rfkill(1),
        (s) => s.line - 1,
      ],
      ['not passed up', () => new Script().enabled('csme').csme(status(1)).rfkill(1), (s) => s.line - 2],
    ],
  },
  'lp.rfkill': {
    keeps: () =>
      new Script()
        .enabled('csme')
        .csme(status(1))
        .tell('me_conn_status', CONN_STATUS)
        .rfkill(1)
        .pass(10)
        .csme(reply(1))
        .rfkill(0)
        .host(CONFIRMED),
    breaks: [
      [
        'not blocked',
        () => new Script().enabled('csme').csme(status(1)).tell('me_conn_status', CONN_STATUS),
        (s) => s.line - 2,
      ],
      [
        'not released',
        () =>
          new Script()
            .enabled('csme')
            .csme(status(1))
            .tell('me_conn_status', CONN_STATUS)
            .rfkill(1)
            .csme(reply(1))
            .host(CONFIRMED),
        (s) => s.line - 3,
      ],
      ['blocked for nothing', () => new Script().enabled('csme').rfkill(1)],
    ],
  },
  'lp.roaming': {
    keeps: () =>
      new Script()
        .enabled()
        .csme(status(1))
        .tell('me_conn_status', CONN_STATUS)
        .tell('roaming_forbidden', { forbidden: 1 }),
    breaks: [
      [
        'not forbidden',
        () =>
          new Script()
            .enabled()
            .csme(status(1))
            .tell('me_conn_status', CONN_STATUS)
            .tell('roaming_forbidden', { forbidden: 0 }),
      ],
      [
        'not told',
        () => new Script().enabled().csme(status(1)).tell('me_conn_status', CONN_STATUS),
        (s) => s.line - 2,
      ],
    ],
  },
  'rx.to-csme': {
    keeps: () =>
      wanting(new Script().enabled())
        .air(tcpFrame(16992))
        .host(packet(tcpFrame(16992))),
    breaks: [['left out', () => wanting(new Script().enabled()).air(tcpFrame(16992))]],
  },
  'rx.multicast': {
    keeps: () => multicastWanted(new Script().enabled()).air(MULTICAST).host(packet(MULTICAST)),
    breaks: [['left out', () => multicastWanted(new Script().enabled()).air(MULTICAST)]],
  },
  'rx.not-to-csme': {
    keeps: () => wanting(new Script().enabled()).air(tcpFrame(80)),
    breaks: [
      [
        'copied',
        () =>
          wanting(new Script().enabled())
            .air(tcpFrame(80))
            .host(packet(tcpFrame(80))),
      ],
    ],
  },
  'rx.bytes': {
    keeps: () => {
      const frame = tcpFrame(16992);
      const tagged = Uint8Array.of(...frame.subarray(0, 12), 0x81, 0, 0, 5, ...frame.subarray(12));
      return wanting(new Script().enabled()).air(tagged).host(packet(frame));
    },
    breaks: [
      [
        'cut off',
        () =>
          wanting(new Script().enabled())
            .air(tcpFrame(16992))
            .host(packet(tcpFrame(16992).subarray(0, 50))),
      ],
      [
        'with its tag',
        () => {
          const frame = tcpFrame(16992);
          const tagged = Uint8Array.of(...frame.subarray(0, 12), 0x81, 0, 0, 5, ...frame.subarray(12));
          return wanting(new Script().enabled()).air(tagged).host(packet(tagged));
        },
      ],
    ],
  },
  'rx.order': {
    keeps: () =>
      wanting(new Script().enabled())
        .air(tcpFrame(16992))
        .air(tcpFrame(16992, 61))
        .host(packet(tcpFrame(16992)), packet(tcpFrame(16992, 61))),
    breaks: [
      [
        'changed places',
        () =>
          wanting(new Script().enabled())
            .air(tcpFrame(16992))
            .air(tcpFrame(16992, 61))
            .host(packet(tcpFrame(16992, 61)), packet(tcpFrame(16992))),
      ],
      [
        'twice',
        () =>
          wanting(new Script().enabled())
            .air(tcpFrame(16992))
            .host(packet(tcpFrame(16992)), packet(tcpFrame(16992))),
      ],
    ],
  },
  'rx.host-keeps': {
    keeps: () =>
      wanting(new Script().enabled())
        .air(tcpFrame(80))
        .toStack(tcpFrame(80))
        .air(tcpFrame(16992))
        .host(packet(tcpFrame(16992))),
    breaks: [
      [
        'lost',
        () => wanting(new Script().enabled()).air(tcpFrame(80)).toStack(tcpFrame(80)).air(tcpFrame(81)),
      ],
      [
        'kept',
        () =>
          wanting(new Script().enabled())
            .air(tcpFrame(80))
            .toStack(tcpFrame(80))
            .air(tcpFrame(16992))
            .toStack(tcpFrame(16992))
            .host(packet(tcpFrame(16992))),
        (s) => s.line - 2,
      ],
    ],
  },
  'rx.lost': {
    keeps: () => overflowing(true),
    breaks: [['neither side gets it', () => overflowing(false), (s) => s.line - 35]],
    afterMs: 12_000,
  },
  'tx.dhcp-copy': {
    keeps: () => dhcp(new Script().enabled()).csme(PING).host(PONG, copyOf(dhcpFrame().ethernet)),
    breaks: [
      [
        'without bit 30',
        () => dhcp(new Script().enabled()).csme(PING).host(PONG, copyOf(dhcpFrame().ethernet, 0)),
      ],
      [
        'of another frame',
        () =>
          dhcp(new Script().enabled())
            .csme(PING)
            .host(PONG, copyOf(tcpFrame(68))),
      ],
      [
        'of nothing',
        () =>
          new Script()
            .enabled()
            .csme(PING)
            .host(PONG, copyOf(tcpFrame(68))),
      ],
      [
        'missing, with a later message read',
        () => dhcp(new Script().enabled()).pass(200).csme(PING).host(PONG).removed(),
        (s) => s.line - 10,
      ],
    ],
  },
  'tx.forward': {
    keeps: () =>
      forwarding()
        .csmeData(packet(tcpFrame(2)))
        .toAir(tcpFrame(2)),
    breaks: [
      [
        'changed',
        () =>
          forwarding()
            .csmeData(packet(tcpFrame(2)))
            .toAir(tcpFrame(3)),
      ],
      ['left out', () => forwarding().csmeData(packet(tcpFrame(2))), (s) => s.line - 1],
      ['from nowhere', () => forwarding().toAir(tcpFrame(3))],
    ],
  },
  'removal.goes-down': {
    keeps: () => new Script().enabled().removed(),
    breaks: [
      [
        'left out',
        () =>
          new Script()
            .enabled()
            .bus('ctl', 'remove', { arg: 0 })
            .rfkill(0)
            .bus('drv', 'disable')
            .bus('drv', 'unmap'),
      ],
    ],
  },
  'removal.goes-down-last': {
    keeps: () => new Script().enabled().csme(PING).host(PONG).removed(),
    breaks: [
      [
        'a PONG behind it',
        () => {
          const s = new Script().enabled().bus('ctl', 'remove', { arg: 0 }).csme(PING);
          return s.bell().pass(1).read({ name: 'HOST_GOES_DOWN' }).read(PONG).rfkill(0).bus('drv', 'unmap');
        },
        (s) => s.line - 2,
      ],
    ],
  },
  'removal.silence': {
    keeps: () => new Script().enabled().removed().pass(500).enabled(),
    breaks: [['a bell', () => new Script().enabled().removed().pass(500).bell()]],
  },
  'removal.stolen': {
    keeps: () => {
      const s = new Script()
        .enabled()
        .call('device_state', { up: 1 })
        .bus('ctl', 'remove', { arg: 0 })
        .pass(55)
        .tell('nic_stolen');
      return s.bell().pass(1).read({ name: 'HOST_GOES_DOWN' }).rfkill(0).bus('drv', 'unmap');
    },
    breaks: [
      [
        'not reported',
        () => new Script().enabled().call('device_state', { up: 1 }).removed(),
        (s) => s.line - 5,
      ],
      [
        'a device that is down',
        () => {
          const s = new Script().enabled().bus('ctl', 'remove', { arg: 0 }).pass(2).bell().pass(1);
          return s.read({ name: 'HOST_GOES_DOWN' }).rfkill(0).tell('nic_stolen').bus('drv', 'unmap');
        },
        (s) => s.line - 1,
      ],
    ],
  },
  'removal.rfkill': {
    keeps: () => new Script().enabled().removed(),
    breaks: [
      [
        'not released',
        () =>
          new Script()
            .enabled()
            .bus('ctl', 'remove', { arg: 0 })
            .bell()
            .read({ name: 'HOST_GOES_DOWN' })
            .bus('drv', 'unmap'),
        (s) => s.line - 3,
      ],
    ],
  },
  'removal.wakes': {
    keeps: () =>
      new Script()
        .enabled('csme')
        .call('get_ownership')
        .host(ASKS)
        .removed()
        .ret('get_ownership', { ret: -19 }),
    breaks: [
      [
        'sleeps on',
        () =>
          new Script()
            .enabled('csme')
            .call('get_ownership')
            .host(ASKS)
            .removed()
            .pass(500)
            .ret('get_ownership', { ret: -110 }),
      ],
    ],
  },
  'hostile.survives': {
    keeps: () => new Script().enabled().csme(shortOf('NIC_OWNER')).pass(500).csme(PING).host(PONG),
    breaks: [
      [
        'silent ever after',
        () => new Script().enabled().csme(shortOf('NIC_OWNER')).pass(500).csme(PING),
        (s) => s.line - 1,
      ],
    ],
  },
  'hostile.skipped': {
    keeps: () => new Script().enabled().csme(shortOf('NIC_OWNER'), PING).host(PONG),
    breaks: [
      [
        'the batch is given up',
        () => {
          const s = new Script()
            .enabled()
            .csme(shortOf('NIC_OWNER'), PING)
            .csme({ name: 'CSME_CAN_RELEASE_OWNERSHIP' });
          return s.call('country', { mcc: 7 }).host(country(7));
        },
        (s) => s.line - 6,
      ],
    ],
  },
  'hostile.ignored': {
    keeps: () =>
      new Script().enabled().csme(shortOf('CSME_REPLY_TO_HOST_OWNERSHIP_REQ')).csme(PING).host(PONG),
    breaks: [
      [
        'acted on',
        () => new Script().enabled().csme(shortOf('CSME_REPLY_TO_HOST_OWNERSHIP_REQ')).host(CONFIRMED),
      ],
    ],
  },
};

/** Rules that need the memory itself: `sapwood conformance` asks them. */
const NOT_IN_A_TRACE: readonly RuleId[] = ['ring.overwrite'];

function associatedBefore(collocated: boolean): Script {
  const s = registered().call('associated', ASSOCIATED).started().csme({ name: 'AMT_STATE', enabled: 1 });
  return s.host({ name: 'WIFIDR_UP' }, { name: 'WHO_OWNS_NIC' }, linkUp(collocated), country(0), {
    name: 'RADIO_STATE',
    state: 3,
  });
}

function accepted(): Script {
  return new Script().enabled().call('pldr').host(PLDR).csme(pldrAck(0)).ret('pldr');
}

function taken(): Script {
  return new Script().enabled().call('device_state', { up: 1 }).csme(TAKING).rfkill(1, 1);
}

function dhcp(s: Script): Script {
  return s.call('tx_copy', { ivlen: 0, frame80211: dhcpFrame().hex });
}

function forwarding(): Script {
  return wanting(new Script().enabled())
    .csmeData(packet(tcpFrame(1)))
    .toAir(tcpFrame(1))
    .pass(10);
}

/** More frames than the data ring has room for; the stack gets those that CSME does not. */
function overflowing(kept: boolean): Script {
  const s = wanting(new Script().enabled()).air(tcpFrame(80)).toStack(tcpFrame(80)).pass(100);
  const fitting = Math.floor(48256 / (8 + 1400));
  for (let i = 0; i < fitting; i++) s.air(tcpFrame(16992, 1400));
  s.air(tcpFrame(16992, 1500));
  if (kept) s.toStack(tcpFrame(16992, 1500));
  return s.host(...Array.from({ length: fitting }, () => packet(tcpFrame(16992, 1400))));
}

function shortOf(name: 'NIC_OWNER' | 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ'): Uint8Array {
  const id = name === 'NIC_OWNER' ? 511 : 503;
  return encodeSap({ name: 'UNKNOWN', id, payload: new Uint8Array(2) }, 99);
}

describe.each(RULE_IDS.filter((id) => !NOT_IN_A_TRACE.includes(id)))('%s', (rule) => {
  const { keeps, breaks, afterMs } = CASES[rule]!;

  test('is asked of a driver that keeps it, and holds', () => {
    const report = keeps().judged(afterMs);
    expect(report.findings).toEqual([]);
    expect(report.rules[rule].asked).toBeGreaterThan(0);
  });

  for (const [what, breaking, lineOf = (s: Script) => s.line] of breaks) {
    test(`is broken: ${what}`, () => {
      const script = breaking();
      const line = lineOf(script);
      const { findings, failed } = script.judged(afterMs);
      expect(findings.map((finding) => [finding.rule, finding.line])).toEqual([[rule, line]]);
      const finding = findings[0]!;
      expect(finding.t).toBe((script.events[line - 1] as { t: number }).t);
      expect(finding.expected).not.toBe('');
      expect(finding.seen).not.toBe('');
      expect(finding.excerpt.length).toBeGreaterThan(0);
      expect(failed).toBe(finding.severity === 'error');
    });
  }
});
