/** Where the emulated CSME is to be reached: `unix:PATH` for SAP, `cuse:/dev/NAME` for the other clients, or both. */
import { CliError } from '../exit.ts';
import type { FirmwareInput, ToFirmware } from '../live/firmware.ts';
import { socketPathOf } from '../live/socket-path.ts';

const TRANSPORT_FORMS = 'unix:PATH or cuse:/dev/NAME';

/** Throws a CliError for what is no transport, or given twice. */
export function servedAt(transports: readonly string[]): NonNullable<FirmwareInput['serve']> {
  const devices = transports.flatMap((text) => deviceOf(text) ?? []);
  const sockets = transports.filter((text) => deviceOf(text) === undefined);
  const [socket, device] = [sockets[0], devices[0]];
  if (sockets.length > 1 || devices.length > 1) {
    throw new CliError('usage', 'one CSME has one socket and one device file: give each of them once.');
  }
  return {
    ...(socket !== undefined && { socket: socketPathOf(socket, TRANSPORT_FORMS) }),
    ...(device !== undefined && { device }),
  };
}

/** The transport without which nobody hears a command. */
export function missingFor(
  message: ToFirmware,
  { socket, device }: NonNullable<FirmwareInput['serve']>,
): string | undefined {
  if (message.type === 'remove') return device === undefined ? 'cuse:/dev/NAME' : undefined;
  const forAll = message.type === 'command' && FOR_ALL.includes(message.name);
  const forSap = !forAll && (message.type === 'command' || message.type === 'behaviour');
  return forSap && socket === undefined ? 'unix:PATH' : undefined;
}

/** SAP's commands that are not for SAP alone. */
const FOR_ALL: readonly string[] = ['reset', 'enableAmt', 'disableAmt'];

function deviceOf(transport: string): string | undefined {
  return /^cuse:\/dev\/([^/]+)$/.exec(transport)?.[1];
}
