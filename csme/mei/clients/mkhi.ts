/** MKHI, the kernel host interface of the firmware: its version. Once with connections, once at a fixed address. */
import type { Amt } from '../../amt/index.ts';
import type { MeClient, MeClientProperties } from '../client.ts';
import { answering } from './answering.ts';
import { Writer } from './writer.ts';

export const MKHI_GUID = '8e6a6715-9abc-4043-88ef-9e39c6f63e0f';
export const MKHI_FIXED_GUID = '55213584-9a29-4916-badf-0fb7ed682aeb';

/** The one that programs connect to. */
export function mkhiClient(amt: Amt): MeClient {
  return mkhi({ name: 'MKHI', guid: MKHI_GUID, maxConnections: 3 }, amt);
}

/** The one that the kernel itself uses. */
export function mkhiFixedClient(amt: Amt): MeClient {
  return mkhi({ name: 'MKHI fixed', guid: MKHI_FIXED_GUID, maxConnections: 0, fixedAddress: true }, amt);
}

function mkhi(
  properties: Omit<MeClientProperties, 'protocolVersion' | 'maxMessageLength'>,
  amt: Amt,
): MeClient {
  const whole = { ...properties, protocolVersion: 1, maxMessageLength: 2048 };
  return answering(whole, (request) => {
    const [group, command] = request;
    if (group === undefined || command === undefined || request.length < HEADER_BYTES) return undefined;
    const version = group === GROUP_GEN && command === GET_FW_VERSION;
    const out = new Writer()
      .u8(group)
      .u8(command | RESPONSE)
      .u8(0)
      .u8(version ? 0 : RESULT_UNKNOWN);
    return version ? out.bytes(versionBlocks(amt.state.version)).done() : out.done();
  });
}

/** Code, recovery and factory image: all of the same version. */
function versionBlocks(version: string): Uint8Array {
  const [major = 0, minor = 0, hotfix = 0, build = 0] = version.split('.').map(Number);
  const out = new Writer();
  for (let block = 0; block < BLOCKS; block++) out.u16(minor).u16(major).u16(build).u16(hotfix);
  return out.done();
}

const HEADER_BYTES = 4;
const RESPONSE = 0x80;
const GROUP_GEN = 0xff;
const GET_FW_VERSION = 0x02;
const BLOCKS = 3;
/** Our choice: no document says with which result firmware refuses a command. */
const RESULT_UNKNOWN = 0x01;
