/** What the WLAN driver says while AMT is enabled goes to CSME. */
import type { TraceArgs } from '../../trace/index.ts';
import { up } from '../opening.ts';
import type { Scenario } from '../scenario.ts';
import { message, type Pattern } from '../seen.ts';
import { QUIET } from '../stage.ts';
import { ASSOCIATION, COLLOCATED, COUNTRY, LIMITS, NIC, OTHER_COUNTRY } from './values.ts';

interface Row {
  readonly id: string;
  readonly title: string;
  readonly call: readonly [name: string, args: TraceArgs];
  readonly sent: Pattern;
}

const ROWS: readonly Row[] = [
  {
    id: 'country',
    title: 'The country',
    call: ['country', COUNTRY],
    sent: message('COUNTRY_CODE', (m) => m.mcc === COUNTRY.mcc, `mcc=${COUNTRY.mcc}`),
  },
  {
    id: 'limits',
    title: 'The power limits, chain by band',
    call: ['power_limit', LIMITS],
    sent: message(
      'SAR_LIMITS',
      (m) => JSON.stringify(m.sarChainInfoTable.flat()) === JSON.stringify(LIMITS.v),
      'with the ten limits, the first chain first',
    ),
  },
  {
    id: 'addresses',
    title: 'The MAC addresses',
    call: ['nic_info', NIC],
    sent: message(
      'NIC_INFO',
      (m) => m.macAddress === 0x02005e005320 && m.nvmAddress === 0x02005e005321,
      'with the current and the NVM address',
    ),
  },
  {
    id: 'radio-software',
    title: 'Software rfkill asserted',
    call: ['set_rfkill', { hw: 0, sw: 1 }],
    sent: message('RADIO_STATE', (m) => m.state === 2, 'state=2'),
  },
  {
    id: 'radio-hardware',
    title: 'Hardware rfkill asserted',
    call: ['set_rfkill', { hw: 1, sw: 0 }],
    sent: message('RADIO_STATE', (m) => m.state === 1, 'state=1'),
  },
  {
    id: 'radio-both',
    title: 'Both rfkills asserted',
    call: ['set_rfkill', { hw: 1, sw: 1 }],
    sent: message('RADIO_STATE', (m) => m.state === 0, 'state=0'),
  },
  {
    id: 'association',
    title: 'An association',
    call: ['associated', ASSOCIATION],
    sent: message(
      'HOST_LINK_UP',
      ({ connectionInfo: c }) =>
        c.ssidLen === 11 &&
        c.authMode === 9 &&
        c.pairwiseCipher === 4 &&
        c.channel === 36 &&
        c.band === 1 &&
        c.bssid === 0x02005e005301,
      'with all of the association',
    ),
  },
  {
    id: 'collocated',
    title: 'An association with a collocated access point',
    call: ['associated', { ...ASSOCIATION, ...COLLOCATED }],
    sent: message(
      'HOST_LINK_UP',
      (m) => m.collocChannel === 40 && m.collocBand === 1 && m.collocBssid === 0x02005e005302,
      'with the collocated access point',
    ),
  },
  {
    id: 'disassociation',
    title: 'The end of an association',
    call: ['disassociated', {}],
    sent: message(
      'HOST_LINK_DOWN',
      (m) => m.type === 1 && m.reasonValid === 0 && m.reason === 0,
      'temporary',
    ),
  },
];

export const SETTINGS: readonly Scenario[] = [
  ...ROWS.map(
    ({ id, title, call, sent }): Scenario => ({
      id: `settings-${id}`,
      suite: 'settings',
      title: `${title} goes to CSME`,
      needs: ['control'],
      *play(s) {
        yield* up(s);
        yield* s.call(...call);
        yield* s.expect('settings.sent', sent);
      },
    }),
  ),
  {
    id: 'settings-latest',
    suite: 'settings',
    title: 'Of two countries both are sent, and the initial configuration of the next link has the later one',
    needs: ['control'],
    *play(s) {
      yield* up(s);
      yield* s.call('country', COUNTRY);
      yield* s.expect(
        'settings.sent',
        message('COUNTRY_CODE', (m) => m.mcc === COUNTRY.mcc),
      );
      yield* s.call('country', OTHER_COUNTRY);
      yield* s.expect(
        'settings.sent',
        message('COUNTRY_CODE', (m) => m.mcc === OTHER_COUNTRY.mcc),
      );
      yield* s.tell({ name: 'AMT_STATE', enabled: 0 }, { name: 'AMT_STATE', enabled: 1 });
      yield* s.expect(
        'init.contents',
        message('COUNTRY_CODE', (m) => m.mcc === OTHER_COUNTRY.mcc, 'with the later country'),
      );
    },
  },
  {
    id: 'settings-ssid-too-long',
    suite: 'settings',
    title: 'An association with an SSID of 33 bytes is not reported',
    needs: ['control'],
    *play(s) {
      yield* up(s);
      yield* s.call('associated', { ...ASSOCIATION, ssid_len: 33, ssid: `${ASSOCIATION.ssid}00` });
      yield* s.never('settings.sent', message('HOST_LINK_UP'), QUIET);
    },
  },
];
