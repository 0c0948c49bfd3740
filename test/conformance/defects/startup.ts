/** Defects of the start-up and of settings. */
import type { HostState } from '../../../ownership/index.ts';
import { decodeMe, SapError } from '../../../sap/index.ts';
import {
  type Defect,
  dropped,
  hooked,
  isNamed,
  oneMore,
  quirk,
  table,
  unsent,
  without,
  writes,
} from './plant.ts';

const isStart = (bytes: Uint8Array) => {
  const message = decodeMe(bytes, 'host');
  return !(message instanceof SapError) && message.name === 'START';
};

/** START with some bytes changed. */
function startWith(change: (bytes: Uint8Array) => void) {
  return hooked({
    output(output) {
      if (output.type !== 'me' || !isStart(output.bytes)) return [output];
      const bytes = output.bytes.slice();
      change(bytes);
      return [{ ...output, bytes }];
    },
  });
}

/** The area, changed after the host has laid it out. */
function areaWith(change: (words: Int32Array) => void) {
  return hooked({
    after(_host, _now, input) {
      if (input?.type === 'mapped') change(new Int32Array(input.memory));
    },
  });
}

export const STARTUP_DEFECTS: readonly Defect[] = [
  {
    id: 'version-3-first',
    what: 'offers version 3 first',
    plant: table('absent', 'probe', ([row]) => [
      {
        ...row!,
        do: [
          (s: HostState) => {
            s.mapRound = 1;
            s.version = 3;
          },
          ...row!.do.slice(1),
        ],
      },
    ]),
    fails: ['map.order'],
    follows: ['link.comes'],
  },
  {
    id: 'no-version-3',
    what: 'does not offer version 3 when version 4 is refused',
    plant: table('mapping', 'mapRefused', (rows) => rows.slice(1)),
    fails: ['map.order'],
    follows: ['link.comes'],
  },
  {
    id: 'two-versions',
    what: 'names both versions in START',
    plant: startWith((bytes) => {
      bytes[25] = 3;
    }),
    fails: ['start.versions'],
  },
  {
    id: 'start-length',
    what: 'says 12 bytes in a START of 88',
    plant: startWith((bytes) => {
      bytes[8] = 12;
    }),
    fails: ['start.contents'],
  },
  {
    id: 'start-twice',
    what: 'sends START twice',
    plant: hooked({
      output: (output) => (output.type === 'me' && isStart(output.bytes) ? [output, output] : [output]),
    }),
    fails: ['start.first-message'],
    follows: ['link.comes'],
  },
  {
    id: 'wrong-ring-size',
    what: 'writes a wrong size of its notification ring into the control block',
    plant: areaWith((words) => {
      words[20 >> 2] = 100;
    }),
    fails: ['start.area'],
  },
  {
    id: 'no-trailer',
    what: 'forgets the trailer of the area',
    plant: areaWith((words) => {
      const at = words.length === 172032 >> 2 ? 167936 : 137408;
      words[at >> 2] = 0;
    }),
    fails: ['start.area'],
  },
  {
    id: 'not-zeroed',
    what: 'does not zero the rings',
    plant: areaWith((words) => words.fill(0x5a5a5a5a, 0x3000 >> 2, 0x3100 >> 2)),
    fails: ['start.zeroed'],
  },
  {
    id: 'any-start-ok',
    what: 'takes a START_OK of any length and version',
    plant: hooked({
      input(input, host) {
        if (input.type !== 'me' || input.bytes[0] !== 2 || input.bytes.length < 12) return [input];
        const bytes = new Uint8Array(20);
        bytes.set(input.bytes.subarray(0, 20));
        bytes[16] = host.state.version;
        return [{ ...input, bytes }];
      },
    }),
    fails: ['start.start-ok-checked'],
  },
  {
    id: 'rings-early',
    what: 'rings right behind START',
    plant: hooked({
      output(output) {
        if (output.type !== 'me' || !isStart(output.bytes)) return [output];
        const bell = output.bytes.slice();
        bell[0] = 3;
        return [output, { ...output, bytes: bell }];
      },
    }),
    fails: ['start.no-sap-before-start-ok'],
    follows: ['start.start-ok-checked', 'removal.silence', 'bell.throttle'],
  },
  {
    id: 'start-ok-once',
    what: 'takes no START_OK behind one of another version',
    plant: table('started', 'START_OK', ([good, bad]) => [
      good!,
      {
        ...bad!,
        do: [
          (s: HostState) => {
            (s as { version: number }).version = 0;
          },
        ],
      },
    ]),
    fails: ['start.late-start-ok'],
  },
  {
    id: 'no-driver-up',
    what: 'forgets WIFIDR_UP in the initial configuration',
    plant: without('sendDriverUp', 'connected', 'AMT_STATE'),
    fails: ['init.missing'],
    follows: ['init.order', 'driver.up'],
  },
  {
    id: 'driver-up-last',
    what: 'sends WIFIDR_UP behind the initial configuration',
    plant: table('connected', 'AMT_STATE', ([on, ...rest]) => [
      { ...on!, do: [on!.do[0]!, ...on!.do.slice(2), on!.do[1]!] },
      ...rest,
    ]),
    fails: ['init.order'],
  },
  {
    id: 'no-country-at-start',
    what: 'leaves the country out of the initial configuration',
    plant: writes({
      fresh: () => {
        let before: Uint8Array | undefined;
        return (message, { write, host }) => {
          const initial = before !== undefined && isNamed(before, 'WHO_OWNS_NIC', 'HOST_LINK_UP');
          before = message;
          return initial && isNamed(message, 'COUNTRY_CODE') ? dropped(host) : write(message);
        };
      },
    }),
    fails: ['init.missing'],
    follows: ['init.contents'],
  },
  {
    id: 'country-not-cached',
    what: 'forgets a country that was given without a link',
    plant: without('keepCountry', 'absent', 'country'),
    fails: ['init.contents'],
  },
  {
    id: 'association-not-cached',
    what: 'forgets an association that was given without a link',
    plant: without('keepAssociation', 'absent', 'associated'),
    fails: ['init.missing'],
    follows: ['init.collocated'],
  },
  {
    id: 'association-not-forgotten',
    what: 'keeps an association that ended without a link',
    plant: without('forgetAssociation', 'absent', 'disassociated'),
    fails: ['init.contents'],
    follows: ['settings.quiet'],
  },
  {
    id: 'collocated-forgotten',
    what: 'as the reference: forgets the collocated access point',
    plant: quirk('collocated-ap-forgotten'),
    fails: ['init.collocated'],
  },
  {
    id: 'amt-again',
    what: 'sends the initial configuration for every AMT_STATE that is not 0',
    plant: table('connected', 'AMT_STATE', ([on, ...rest]) => [
      {
        ...on!,
        when: ((_: HostState, e: { message: { enabled: number } }) => e.message.enabled !== 0) as never,
      },
      ...rest,
    ]),
    fails: ['init.contents'],
    follows: ['init.order', 'settings.quiet', 'driver.up'],
  },
  {
    id: 'settings-while-disabled',
    what: 'sends the country while AMT is disabled',
    plant: hooked(() => {
      let disabled = false;
      return {
        input(input, { state }) {
          disabled = false;
          if (input.type === 'command' && input.name === 'country' && state.phase === 'connected') {
            disabled = !state.amtEnabled;
            if (disabled) state.amtEnabled = true;
          }
          return [input];
        },
        after({ state }) {
          if (disabled) state.amtEnabled = false;
          disabled = false;
        },
      };
    }),
    fails: ['settings.quiet'],
  },
  {
    id: 'country-not-sent',
    what: 'does not send a country that comes while AMT is enabled',
    plant: unsent('country'),
    fails: ['settings.sent'],
    follows: ['bell.missing', 'bell.repeat', 'bell.throttle'],
  },
  {
    id: 'limits-swapped',
    what: 'swaps the chains of the power limits',
    plant: writes((message, { write }) => {
      if (!isNamed(message, 'SAR_LIMITS')) return write(message);
      const swapped = message.slice();
      swapped.set(message.subarray(18, 28), 8);
      swapped.set(message.subarray(8, 18), 18);
      return write(swapped);
    }),
    fails: ['settings.sent', 'init.contents'],
  },
  {
    id: 'radio-inverted',
    what: 'sends the radio state inverted',
    plant: writes((message, { write }) => {
      if (!isNamed(message, 'RADIO_STATE')) return write(message);
      const inverted = message.slice();
      inverted[8]! ^= 3;
      return write(inverted);
    }),
    fails: ['settings.sent', 'init.contents'],
  },
  {
    id: 'link-down-not-sent',
    what: 'does not tell the end of an association',
    plant: unsent('disassociated'),
    fails: ['settings.sent'],
  },
  {
    id: 'no-driver-down',
    what: 'does not tell that the WLAN driver leaves',
    plant: writes((message, { write, host }) =>
      isNamed(message, 'WIFIDR_DOWN') ? dropped(host) : write(message),
    ),
    fails: ['driver.up'],
  },
  {
    id: 'driver-up-twice',
    what: 'tells twice that a WLAN driver registered',
    plant: writes((message, writing) => {
      const { write } = writing;
      const result = write(message);
      if (isNamed(message, 'WIFIDR_UP')) oneMore(message, writing);
      return result;
    }),
    fails: ['driver.up'],
    follows: ['init.order', 'init.contents', 'settings.quiet'],
  },
];
