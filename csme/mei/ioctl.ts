/**
 * The ioctls of a MEI device: numbers, arguments, results.
 *
 * Source: linux/mei.h. A number says how long its argument is and in which direction it goes: `0xc0104801` takes and
 * gives 16 bytes. An argument that is shorter than its number says is what a bad pointer is to the kernel: EFAULT.
 */
import { formatGuid, u32At } from '../../sap/index.ts';
import { EFAULT, ENOTTY } from './errno.ts';

export const IOCTL_MEI_CONNECT_CLIENT = 0xc0104801;
export const IOCTL_MEI_NOTIFY_SET = 0x40044802;
export const IOCTL_MEI_NOTIFY_GET = 0x80044803;
export const IOCTL_MEI_CONNECT_CLIENT_VTAG = 0xc0144804;

type IoctlRequest =
  | { readonly name: 'connect'; readonly guid: string }
  | { readonly name: 'connectVtag'; readonly guid: string; readonly vtag: number }
  | { readonly name: 'notifySet'; readonly value: number }
  | { readonly name: 'notifyGet' };

/** What an ioctl asks for, or the errno of one that asks for nothing that there is. */
export function decodeIoctl(number: number, argument: Uint8Array): IoctlRequest | number {
  switch (number) {
    case IOCTL_MEI_CONNECT_CLIENT:
      if (argument.length < CONNECT_BYTES) return EFAULT;
      return { name: 'connect', guid: guidOf(argument) };
    case IOCTL_MEI_CONNECT_CLIENT_VTAG:
      if (argument.length < CONNECT_VTAG_BYTES) return EFAULT;
      return { name: 'connectVtag', guid: guidOf(argument), vtag: argument[16]! };
    case IOCTL_MEI_NOTIFY_SET:
      if (argument.length < WORD_BYTES) return EFAULT;
      return { name: 'notifySet', value: u32At(argument, 0) };
    case IOCTL_MEI_NOTIFY_GET:
      return { name: 'notifyGet' };
    default:
      return ENOTTY;
  }
}

/** What CONNECT puts over the first half of its argument; the rest stays as the caller left it. */
export function encodeConnected(maxMessageLength: number, protocolVersion: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setUint32(0, maxMessageLength, true);
  bytes[4] = protocolVersion;
  return bytes;
}

/** What NOTIFY_GET gives: it never returns without an event, so the word is always 1. */
export const NOTIFY_GET_RESULT: Uint8Array = Uint8Array.of(1, 0, 0, 0);

function guidOf(argument: Uint8Array): string {
  return formatGuid(argument.subarray(0, CONNECT_BYTES));
}

const CONNECT_BYTES = 16;
const CONNECT_VTAG_BYTES = 20;
const WORD_BYTES = 4;
