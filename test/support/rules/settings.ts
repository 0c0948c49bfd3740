/** The initial configuration and settings: traces that keep the rules, and traces that break one. */
import type { SapDraft } from '../../../sap/index.ts';
import { Script } from '../script.ts';
import { ASSOCIATED, associatedBefore, type Cases, country, registered } from './pieces.ts';

export const SETTINGS: Cases = {
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
};
