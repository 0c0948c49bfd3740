/** Opens a MEI device and connects it to one ME client. */
import { type MeiClientProperties, native } from '../../native/index.ts';
import { parseGuid } from '../../sap/index.ts';
import { type MeiCalls, MeiConnection } from './connection.ts';
import { MeiError, meiError } from './errors.ts';
import { firmwareGate } from './gate.ts';
import { cancelled, Waiters } from './waiters.ts';

export interface MeiOptions {
  /** GUID of the client, as text; `MEI_CLIENTS` has those that are known by name. */
  readonly client: string;
  /** Shares the firmware's connection with other handles, told apart by this number from 1 to 255. */
  readonly vtag?: number | undefined;
  /** Ends the attempt with MEI_ERR_CANCELLED. What the kernel still does then is undone when it returns. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Firmware has a few KiB here. The number comes from the firmware, and a buffer of this size belongs to every
 * connection.
 */
export const MESSAGE_LENGTH_MAX = 1 << 20;

/**
 * Connects to the ME client `options.client` of the device at `path`, /dev/mei0 for example. The kernel waits up to 30
 * seconds for the firmware.
 *
 * Rejects with a MeiError (`MEI_ERRORS`), with NATIVE_ERR_MISSING without the addon, with TypeError or RangeError for
 * what is no GUID or no tag. `calls` are the addon's.
 */
export async function openMei(
  path: string,
  options: MeiOptions,
  calls: MeiCalls = native(),
): Promise<MeiConnection> {
  const { client, vtag, signal } = options;
  const guid = parseGuid(client);
  if (guid === undefined) throw new TypeError(`"${client}" is no GUID: 8-4-4-4-12 hexadecimal digits`);
  const gaveUp = cancelled(signal, path);
  if (gaveUp !== undefined) throw gaveUp;
  const fd = openDevice(calls, path);
  const connected = firmwareGate.pass(async () => {
    const late = cancelled(signal, path);
    if (late !== undefined) throw late;
    return calls.meiConnect(fd, guid, vtag);
  });
  try {
    const properties = await unlessCancelled(connected, path, signal);
    checkLength(properties, path);
    return new MeiConnection(calls, { fd, path, properties });
  } catch (cause) {
    const closed = firmwareGate.pass(() => calls.deviceClose(fd));
    // A cancelled connect may still hold its place: then this comes after it, and nobody waits for that.
    if (!signal?.aborted) await closed;
    throw meiError(vtag === undefined ? 'connect' : 'connectVtag', cause, path);
  }
}

function openDevice(calls: MeiCalls, path: string): number {
  try {
    return calls.deviceOpen(path);
  } catch (cause) {
    throw meiError('open', cause, path);
  }
}

function unlessCancelled<T>(result: Promise<T>, path: string, signal: AbortSignal | undefined): Promise<T> {
  const waiters = new Waiters<T>(path);
  const outcome = waiters.wait(undefined, { signal });
  result.then(
    (value) => waiters.resolveFirst(value),
    (error) => waiters.rejectFirst(error),
  );
  return outcome;
}

function checkLength({ maxMessageLength }: MeiClientProperties, path: string): void {
  if (maxMessageLength >= 1 && maxMessageLength <= MESSAGE_LENGTH_MAX) return;
  const detail = `(${maxMessageLength} bytes; 1 to ${MESSAGE_LENGTH_MAX} can be)`;
  throw new MeiError('MEI_ERR_LENGTH', { path, detail });
}
