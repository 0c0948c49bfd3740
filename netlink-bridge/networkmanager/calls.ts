/** The one interface that every object of D-Bus has. */
import type { Bus } from './bus.ts';
import type { DbusValue, Variant } from './values.ts';

export const PROPERTIES = 'org.freedesktop.DBus.Properties';

/** Rejects like `Bus.call`. */
export function callProperties(
  bus: Bus,
  at: { readonly destination: string; readonly path: string },
  member: 'Get' | 'GetAll' | 'Set',
  iface: string,
  name?: string,
  value?: Variant,
): Promise<DbusValue[]> {
  const signature = { Get: 'ss', GetAll: 's', Set: 'ssv' }[member];
  const body = [iface, name, value].filter((part) => part !== undefined);
  return bus.call({ ...at, interface: PROPERTIES, member, signature, body });
}
