/**
 * AMTHI (PTHI), the AMT host interface: what local programs ask AMT about itself. The commands that discovery uses.
 *
 * Each answer is the request's header with the response bit, the length of what follows, a status and data. What no
 * public document says of the firmware's answers to bad requests is decided here: see `STATUS`.
 */
import { parseGuid, u32At } from '../../../sap/index.ts';
import type { Amt, AmtState } from '../../amt/index.ts';
import type { MeClient } from '../client.ts';
import { answering } from './answering.ts';
import { ascii, Writer } from './writer.ts';

export const AMTHI_GUID = '12f80028-b4b7-4b2d-aca8-46e0ff65814c';

/** The client. One host program at a time, as most firmware has it. */
export function amthiClient(amt: Amt): MeClient {
  const properties = {
    name: 'AMTHI',
    guid: AMTHI_GUID,
    protocolVersion: 1,
    maxMessageLength: 5120,
    maxConnections: 1,
  } as const;
  return answering(properties, (request) => {
    if (request.length < REQUEST_HEADER_BYTES) return undefined;
    return amt.state.enabled ? answerTo(request, amt.state) : new Uint8Array(0);
  });
}

function answerTo(request: Uint8Array, facts: AmtState): Uint8Array {
  const command = u32At(request, COMMAND_AT);
  const data = request.subarray(REQUEST_HEADER_BYTES);
  const answer = statusOrData(command, u32At(request, LENGTH_AT) === data.length, data, facts);
  const status = typeof answer === 'number' ? answer : STATUS.SUCCESS;
  const bytes = typeof answer === 'number' ? new Uint8Array(0) : answer;
  const header = new Writer()
    .u8(MAJOR)
    .u8(MINOR)
    .u16(0)
    .u32((command | RESPONSE) >>> 0);
  return header
    .u32(4 + bytes.length)
    .u32(status)
    .bytes(bytes)
    .done();
}

function statusOrData(
  command: number,
  wholeLength: boolean,
  data: Uint8Array,
  facts: AmtState,
): Uint8Array | number {
  const known = COMMANDS.find(({ request }) => request === command);
  if (known === undefined) return STATUS.INVALID_COMMAND;
  if (!wholeLength || data.length !== known.requestBytes) return STATUS.INVALID_MESSAGE_LENGTH;
  return known.answer(facts, data);
}

interface Command {
  readonly name: string;
  readonly request: number;
  /** Bytes behind the header. */
  readonly requestBytes: number;
  /** The data of the answer, or the status with which it is refused. */
  answer(facts: AmtState, data: Uint8Array): Uint8Array | number;
}

const COMMANDS: readonly Command[] = [
  {
    name: 'GET_PROVISIONING_MODE',
    request: 0x0400_0008,
    requestBytes: 0,
    // The second word tells whether the mode is a legacy one.
    answer: ({ provisioningMode }) => new Writer().u32(provisioningMode).u32(0).done(),
  },
  {
    name: 'GET_PROVISIONING_STATE',
    request: 0x0400_0011,
    requestBytes: 0,
    answer: ({ provisioningState }) => new Writer().u32(provisioningState).done(),
  },
  { name: 'GET_CODE_VERSIONS', request: 0x0400_001a, requestBytes: 0, answer: codeVersions },
  {
    name: 'GET_PKI_FQDN_SUFFIX',
    request: 0x0400_0036,
    requestBytes: 0,
    answer: ({ dnsSuffix }) => ansi(dnsSuffix),
  },
  { name: 'GET_LAN_INTERFACE_SETTINGS', request: 0x0400_0048, requestBytes: 4, answer: lanInterface },
  {
    name: 'GET_UUID',
    request: 0x0400_005c,
    requestBytes: 0,
    answer: ({ uuid }) => parseGuid(uuid) ?? STATUS.INTERNAL_ERROR,
  },
  {
    name: 'GET_CONTROL_MODE',
    request: 0x0400_006b,
    requestBytes: 0,
    answer: ({ controlMode }) => new Writer().u32(controlMode).done(),
  },
];

function codeVersions(facts: AmtState): Uint8Array {
  const [major = '', minor = '', hotfix = '', build = ''] = facts.version.split('.');
  const version = `${major}.${minor}.${hotfix}`;
  const all: readonly (readonly [string, string])[] = [
    ['Flash', version],
    ['Netstack', version],
    ['AMTApps', version],
    ['AMT', version],
    ['Sku', facts.sku],
    ['VendorID', '8086'],
    ['Build Number', build],
    ['Recovery Version', version],
    ['Recovery Build Num', build],
    ['Legacy Mode', 'False'],
  ];
  const out = new Writer().padded(ascii(facts.biosVersion), BIOS_BYTES).u32(all.length);
  for (const text of all.flat()) {
    const bytes = ascii(text).subarray(0, VERSION_TEXT_BYTES - 1);
    out.u16(bytes.length).padded(bytes, VERSION_TEXT_BYTES);
  }
  return out.done();
}

/** Of interface 0, wired, or 1, wireless. */
function lanInterface(facts: AmtState, data: Uint8Array): Uint8Array | number {
  const lan = [facts.wired, facts.wireless][u32At(data, 0)];
  if (lan === undefined) return STATUS.INVALID_PARAMETER;
  if (lan === null) return STATUS.INTERFACE_DOES_NOT_EXIST;
  const mac = [5, 4, 3, 2, 1, 0].map((place) => Math.floor(lan.mac / 256 ** place) & 0xff);
  return new Writer()
    .u32(lan.enabled ? 1 : 0)
    .u32(lan.ipv4)
    .u32(lan.dhcp ? 1 : 0)
    .u8(lan.dhcp ? DHCP_ACTIVE : DHCP_PASSIVE)
    .u8(lan.linkUp ? 1 : 0)
    .bytes(Uint8Array.from(mac))
    .done();
}

/** A count of 16 bits and the characters. */
function ansi(text: string): Uint8Array {
  const bytes = ascii(text);
  return new Writer().u16(bytes.length).bytes(bytes).done();
}

/** The command is not known, and the length is not the command's: our choice, no document says what firmware answers. */
const STATUS = {
  SUCCESS: 0,
  INTERNAL_ERROR: 0x01,
  INVALID_MESSAGE_LENGTH: 0x04,
  INVALID_PARAMETER: 0x24,
  INVALID_COMMAND: 0x803,
  INTERFACE_DOES_NOT_EXIST: 2501,
} as const;

const MAJOR = 1;
const MINOR = 1;
const COMMAND_AT = 4;
const LENGTH_AT = 8;
const REQUEST_HEADER_BYTES = 12;
const RESPONSE = 0x00800000;
const BIOS_BYTES = 65;
const VERSION_TEXT_BYTES = 20;
const DHCP_ACTIVE = 1;
const DHCP_PASSIVE = 2;
