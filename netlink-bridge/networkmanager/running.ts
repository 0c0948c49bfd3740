/** Whether there is a NetworkManager at all. */
import { BridgeError } from '../errors.ts';
import { openBus, SYSTEM_BUS } from './bus.ts';
import { SERVICE } from './manager.ts';

/** Without a bus there is none. Rejects with a BridgeError when the bus does not answer. */
export async function isNetworkManagerRunning(
  address = process.env.DBUS_SYSTEM_BUS_ADDRESS ?? SYSTEM_BUS,
): Promise<boolean> {
  try {
    const bus = await openBus(address, () => {});
    let running = false;
    const onOwner = () => {
      running = true;
    };
    await bus.follow(SERVICE, { onOwner, onGone() {}, onSignal() {} }).finally(() => bus.close());
    return running;
  } catch (error) {
    if (error instanceof BridgeError && error.code === 'BRIDGE_ERR_ABSENT') return false;
    throw error;
  }
}
