/** Through the firmware's client: `ClientWatchdog` on the emulated MEI device. */
import { ClientWatchdog } from '../../../../amt/index.ts';
import { MeiDriver } from '../../../transport/mei/support/driver.ts';
import type { Way, WayOf } from './world.ts';

export interface ClientWay extends Way {
  readonly driver: MeiDriver;
  readonly misfits: Error[];
}

export const clientWay: WayOf = (world, client): ClientWay => {
  const driver = new MeiDriver({ clients: [client] });
  const misfits: Error[] = [];
  let nowMs = 0;
  const watchdog = new ClientWatchdog('/dev/mei0', {
    calls: driver,
    clock: world.clock,
    folders: { meiBus: '/nowhere', proc: '/nowhere' },
    onAppeared: () => world.keeping.appeared(),
    onGone: (error) => world.keeping.gone(error),
    onMisfit: (error) => misfits.push(error),
  });
  return {
    driver,
    misfits,
    open: (signal) => watchdog.open(signal),
    advanceTo(atMs) {
      driver.advance(atMs - nowMs);
      nowMs = atMs;
    },
    nextTimeoutAt: () => driver.device.nextTimeoutAt(),
    suspend: () => driver.happen({ type: 'reset' }),
    resume: () => driver.happen({ type: 'ready' }),
    reset: (readyAfterMs) => driver.happen({ type: 'reset', readyAfterMs }),
    close: () => watchdog.close(),
  };
};
