/** How the limits of a copied profile are taken away. */
import { DEVICE_STATES, type Manager } from './manager.ts';
import { unboundOf } from './profiles.ts';
import type { Wpas } from './wpas.ts';

/** A connection by the copy in this state or a later one goes on without limits; one that is not there yet is given up. */
export async function releaseCopy(
  manager: Manager,
  wpas: Wpas,
  uuid: string,
  standsFrom: number,
): Promise<void> {
  const clone = await manager.profileOf(uuid);
  const stands =
    clone !== undefined &&
    manager.state >= standsFrom &&
    manager.state <= DEVICE_STATES.activated &&
    (await manager.activeUuid()) === uuid;
  await wpas.unlimit();
  if (stands) {
    await wpas.unbind();
    const settings = await manager.settings(clone);
    await manager.update(clone, unboundOf(settings));
  } else if (clone !== undefined) {
    await manager.delete(clone);
  }
}
