import { describe } from 'vitest';
import { nativeProblem } from '../../native/index.ts';
import { faulty, recorded, systemClock } from '../../transport/index.ts';
import { transportContract } from '../contract/transport.ts';
import { memoryLink, unixLink, virtualLink, workerCsmeLink, workerHostLink } from './support/links.ts';

const discard = () => {};

transportContract('memory:', memoryLink);
transportContract('memory: under a virtual clock, with latency', () => virtualLink());
transportContract('worker: with CSME in the worker', workerCsmeLink);
transportContract('worker: with the host in the worker', workerHostLink);

transportContract('recorded host end of memory:', () =>
  memoryLink({ host: (end) => recorded(end, discard, systemClock) }),
);
transportContract('recorded firmware end of memory:', () =>
  memoryLink({ csme: (end) => recorded(end, discard, systemClock) }),
);
transportContract('recorded host end of worker:', () =>
  workerCsmeLink({ host: (end) => recorded(end, discard, systemClock) }),
);
transportContract('recorded firmware end of worker:', () =>
  workerHostLink({ csme: (end) => recorded(end, discard, systemClock) }),
);

transportContract('host end of memory: without faults', () =>
  memoryLink({ host: (end) => faulty(end, 1, { clock: systemClock, rates: {} }) }),
);
transportContract('firmware end of memory: without faults', () =>
  memoryLink({ csme: (end) => faulty(end, 1, { clock: systemClock, rates: { drop: 0 } }) }),
);
transportContract('both ends recorded and without faults, under a virtual clock', () =>
  virtualLink((clock) => ({
    host: (end) => faulty(recorded(end, discard, clock), 1, { clock, rates: {} }),
    csme: (end) => recorded(faulty(end, 1, { clock, rates: {} }), discard, clock),
  })),
);
transportContract('host end of worker: without faults', () =>
  workerCsmeLink({ host: (end) => faulty(end, 1, { clock: systemClock, rates: {} }) }),
);

describe.skipIf(nativeProblem() !== undefined)('over a socket', () => {
  transportContract('unix:', unixLink);
  transportContract('recorded host end of unix:', () =>
    unixLink({ host: (end) => recorded(end, discard, systemClock) }),
  );
  transportContract('recorded firmware end of unix:', () =>
    unixLink({ csme: (end) => recorded(end, discard, systemClock) }),
  );
  transportContract('both ends of unix: without faults', () =>
    unixLink({
      host: (end) => faulty(end, 1, { clock: systemClock, rates: {} }),
      csme: (end) => faulty(end, 1, { clock: systemClock, rates: {} }),
    }),
  );
});
