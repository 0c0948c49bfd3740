/** The one interface that every object of D-Bus has. */
import { type Bus, DbusError } from './bus.ts';
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

/** Whether a call ended so because there is no such object (any more). */
export function isGone(error: unknown): boolean {
  return (
    error instanceof DbusError &&
    /(Unknown(Method|Object|Interface)|(Interface|Network)Unknown)$/.test(error.errorName)
  );
}

/** Makes calls to an object that may go meanwhile, which is as good: with it goes what they would have done. */
export async function ifThere(calls: () => Promise<unknown>): Promise<void> {
  try {
    await calls();
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}
