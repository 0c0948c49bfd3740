/** When the machine goes to sleep and wakes up, as logind tells it. */
import type { BridgeError } from '../errors.ts';
import { BusKeeper } from './keep.ts';

export interface SleepMonitorOptions {
  /** The address of the bus; without it DBUS_SYSTEM_BUS_ADDRESS, then the usual one. */
  readonly bus?: string;
  readonly onSleep: () => void;
  readonly onWake: () => void;
  /** That there is no bus. It goes on waiting for one. */
  readonly onProblem?: (problem: BridgeError) => void;
}

export interface SleepMonitor {
  close(): void;
}

const SERVICE = 'org.freedesktop.login1';

/** Resolves also when logind is not there. Rejects with BRIDGE_ERR_OPTION for an address that cannot be used. */
export async function openSleepMonitor(options: SleepMonitorOptions): Promise<SleepMonitor> {
  let asleep = false;
  const wake = () => {
    asleep = false;
    options.onWake();
  };
  // Waking will not be told any more. Whoever runs is awake.
  const onGone = () => {
    if (asleep) wake();
  };
  const keeper = new BusKeeper({
    ...(options.bus === undefined ? {} : { bus: options.bus }),
    onBus: (bus) =>
      bus.follow(SERVICE, {
        onOwner() {},
        onGone,
        onSignal({ interface: iface, member, body }) {
          if (iface !== `${SERVICE}.Manager` || member !== 'PrepareForSleep') return;
          if (body[0] === true) {
            asleep = true;
            options.onSleep();
          } else if (body[0] === false) wake();
        },
      }),
    onLost: onGone,
    onProblem: options.onProblem,
  });
  await keeper.connect();
  return { close: () => keeper.close() };
}
