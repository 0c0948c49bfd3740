import { Script } from '../script.ts';
import { area, type Cases, CONTROL, changed, registered } from './pieces.ts';

export const START: Cases = {
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
};
