/**
 * AMTHI (PTHI), the AMT host interface: what local programs ask AMT about itself. The commands that discovery uses.
 *
 * Each answer is the request's header with the response bit, the length of what follows, a status and data. What no
 * public document says of the firmware's answers to bad requests is decided here: see `STATUS`.
 */
import { parseGuid, u32At } from '../../../sap/index.ts';
import type { MeClient } from '../client.ts';
import { answering } from './answering.ts';
import { ascii, Writer } from './writer.ts';

export const AMTHI_GUID = '12f80028-b4b7-4b2d-aca8-46e0ff65814c';

/** What AMT says of itself. It is read at every request: a value that changes shows at once. */
export interface AmtFacts {
  /** False: AMT is disabled, and requests are answered with an empty message. */
  readonly enabled: boolean;
  /** UUID of the machine, as SMBIOS has it. */
  readonly uuid: string;
  /** Up to 64 characters; often empty. */
  readonly biosVersion: string;
  /** Firmware version, four numbers: `16.1.25.2049`. */
  readonly version: string;
  /** Bit field in decimal: what AMT of this machine can do. */
  readonly sku: string;
  /** 0 none, 1 enterprise, 2 small business, 3 remote assistance. */
  readonly provisioningMode: number;
  /** 0 pre, 1 in, 2 post. */
  readonly provisioningState: number;
  /** 0 none, 1 client control, 2 admin control. */
  readonly controlMode: number;
  readonly dnsSuffix: string;
  readonly wired: AmtInterface | null;
  readonly wireless: AmtInterface | null;
}

export interface AmtInterface {
  readonly enabled: boolean;
  /** 0xc0000201 for 192.0.2.1. */
  readonly ipv4: number;
  readonly dhcp: boolean;
  readonly linkUp: boolean;
  /** 0x021122334455 for 02:11:22:33:44:55. */
  readonly mac: number;
}

/** A provisioned AMT in admin control mode with both interfaces. */
export const AMT_FACTS: AmtFacts = {
  enabled: true,
  uuid: '4c4c4544-0053-4150-8057-4f4f44303030',
  biosVersion: '',
  version: '16.1.25.2049',
  sku: '16392',
  provisioningMode: 1,
  provisioningState: 2,
  controlMode: 2,
  dnsSuffix: 'example.test',
  wired: { enabled: true, ipv4: 0xc0000201, dhcp: true, linkUp: false, mac: 0x021122334455 },
  wireless: { enabled: true, ipv4: 0xc0000202, dhcp: true, linkUp: true, mac: 0x021122334456 },
};

/** The client. One host program at a time, as most firmware has it. */
export function amthiClient(facts: AmtFacts = AMT_FACTS): MeClient {
  const properties = {
    name: 'AMTHI',
    guid: AMTHI_GUID,
    protocolVersion: 1,
    maxMessageLength: 5120,
    maxConnections: 1,
  } as const;
  return answering(properties, (request) => {
    if (request.length < REQUEST_HEADER_BYTES) return undefined;
    return facts.enabled ? answerTo(request, facts) : new Uint8Array(0);
  });
}

function answerTo(request: Uint8Array, facts: AmtFacts): Uint8Array {
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
  facts: AmtFacts,
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
  answer(facts: AmtFacts, data: Uint8Array): Uint8Array | number;
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

function codeVersions(facts: AmtFacts): Uint8Array {
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
function lanInterface(facts: AmtFacts, data: Uint8Array): Uint8Array | number {
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
