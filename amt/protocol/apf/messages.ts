/**
 * Every message of APF, declared once: codec, stream, documentation and the generators of tests are walkers over this.
 *
 * Integers are big-endian; text is a count of 32 bits and so many bytes. Two numbers stand for several messages, told
 * apart by a name inside: GLOBAL_REQUEST (80) by what is requested, USERAUTH_REQUEST (50) by its method. What has no
 * declaration of its own there is the one that ends in the rest of the message.
 */
import { openEnum } from '../../../sap/index.ts';
import {
  blob,
  bool8,
  FieldDecl,
  type Fields,
  type Infer,
  optional,
  reserved,
  rest,
  secret,
  str,
  u32,
  uuid,
} from '../declare.ts';

/** Bytes of a text, as MPS limits them. */
export const APF_TEXT_MAX = 2048;
/** Bytes of channel data or of a datagram in one message, as MPS limits them. */
export const APF_DATA_MAX = 0x100000;
/** Bytes of PROTOCOLVERSION, which every carrier must take; no message without data is longer. */
export const APF_MESSAGE_MIN = 93;
/** Bytes of CHANNEL_DATA that are no data. */
export const APF_DATA_HEADER = 9;
/** All ones: as much as a window can be. */
export const APF_WINDOW_MAX = 0xffffffff;

export const APF_SERVICE = { PFWD: 'pfwd@amt.intel.com', AUTH: 'auth@amt.intel.com' } as const;

export const APF_CHANNEL_TYPE = {
  /** To a port of the firmware. */
  FORWARDED: 'forwarded-tcpip',
  /** To a service of the host. */
  DIRECT: 'direct-tcpip',
} as const;

export const APF_DISCONNECT = openEnum({
  NOT_ALLOWED: [1, 'The host is not allowed to connect.'],
  PROTOCOL_ERROR: [2, 'Protocol error.'],
  KEY_EXCHANGE_FAILED: [3, 'The key exchange failed.'],
  RESERVED: [4, 'Reserved.'],
  MAC_ERROR: [5, 'MAC error.'],
  COMPRESSION_ERROR: [6, 'Compression error.'],
  SERVICE_NOT_AVAILABLE: [7, 'The service is not available.'],
  VERSION_NOT_SUPPORTED: [8, 'The protocol version is not supported.'],
  HOST_KEY_NOT_VERIFIABLE: [9, 'The host key cannot be verified.'],
  CONNECTION_LOST: [10, 'The connection is lost.'],
  BY_APPLICATION: [11, 'By the application.'],
  TOO_MANY_CONNECTIONS: [12, 'Too many connections.'],
  AUTH_CANCELLED: [13, 'The authentication was cancelled.'],
  NO_MORE_AUTH_METHODS: [14, 'No more methods of authentication are available.'],
  INVALID_CREDENTIALS: [15, "Invalid credentials; an illegal user name for Intel's LMS."],
  TIMED_OUT: [16, 'The connection timed out (MPS).'],
  BY_POLICY: [17, 'By policy (MPS).'],
  UNAVAILABLE: [18, 'Temporarily unavailable (MPS).'],
});

export const APF_OPEN_FAILURE = openEnum({
  PROHIBITED: [1, 'Administratively prohibited.'],
  CONNECT_FAILED: [2, 'The connect failed.'],
  UNKNOWN_TYPE: [3, 'Unknown channel type.'],
  RESOURCE_SHORTAGE: [4, 'Resource shortage.'],
});

export const APF_TRIGGER = openEnum({
  USER: [1, 'The user.'],
  ALERT: [2, 'An alert.'],
  PROVISIONING: [3, 'Provisioning.'],
  PERIODIC: [4, 'Periodic.'],
  LOCAL: [254, 'Local: the session runs over LME.'],
});

type Sender = 'host' | 'firmware' | 'both';

export interface ApfDecl<F extends Fields = Fields> {
  /** The number at the start. */
  readonly opcode: number;
  /** Who sends it over LME; with CIRA, the server is the host. `both`: either. */
  readonly from: Sender;
  readonly doc: string;
  readonly fields: F;
  /** What tells it from others with its number: the text that follows `before` other texts. */
  readonly key?: ApfKey;
}
export interface ApfKey {
  readonly before: number;
  /** Undefined: any other text. */
  readonly text: string | undefined;
}

const text = str(APF_TEXT_MAX);

/** The text that the declaration's key is: compared before the message is read. */
const literal = (value: string) => {
  const size = 4 + value.length;
  return new FieldDecl<undefined>(
    { kind: 'reserved', size },
    size,
    (from) => void from.bytes(size),
    (to) => text.write(to, value),
  ).doc(`\`${value}\`.`);
};

/** SSH's maximum packet size, which APF does not use. */
const unlimited = new FieldDecl<undefined>(
  { kind: 'reserved', size: 4 },
  4,
  (from) => void from.bytes(4),
  (to) => to.uint(4, 0xffffffff),
).doc('0xffffffff.');

const message = <const F extends Fields>(
  opcode: number,
  from: Sender,
  doc: string,
  fields: F,
  key?: ApfKey,
): ApfDecl<F> => ({ opcode, from, doc, fields, ...(key && { key }) });

const GLOBAL_REQUEST = 80;
const requested = (name?: string): ApfKey => ({ before: 0, text: name });
const USERAUTH_REQUEST = 50;
const method = (name?: string): ApfKey => ({ before: 2, text: name });

const recipientChannel = u32.doc('The number that the receiver of this message gave the channel.');
const senderChannel = u32.doc('The number that the sender of this message gives the channel.');
const initialWindow = u32.doc('Bytes that the sender of this message takes before any WINDOW_ADJUST.');
const user = text.doc('User name.');
const service = text.doc('The service that follows.');
const wantReply = bool8.doc("Whether there shall be an answer; Intel's LMS always gives one.");
const forward = {
  address: text.doc('Empty or a name of the host: local; `0.0.0.0`, `::`: also from outside.'),
  port: u32.doc('1 to 65535.'),
};
const cookie = u32.doc('The same in the reply.');
const keepAlive = {
  intervalSeconds: u32.doc('Between two KEEPALIVE_REQUEST, in seconds.'),
  timeoutSeconds: u32.doc('For the reply, in seconds; 0: no limit.'),
};

/** The register: by name; of one number, those with a key first. */
export const APF_MESSAGES = {
  DISCONNECT: message(1, 'both', 'Ends the session.', {
    reason: u32.of(APF_DISCONNECT).doc('Why.'),
    reserved: reserved(2),
  }),
  SERVICE_REQUEST: message(5, 'firmware', 'Asks for a service.', {
    service: text.doc('`auth@amt.intel.com` or `pfwd@amt.intel.com`.'),
  }),
  SERVICE_ACCEPT: message(6, 'host', 'Grants a service.', {
    service: text.doc('As it was requested.'),
  }),
  USERAUTH_PASSWORD: message(
    USERAUTH_REQUEST,
    'firmware',
    'USERAUTH_REQUEST with a password.',
    { user, service, method: literal('password'), changing: reserved(1), password: secret(text) },
    method('password'),
  ),
  USERAUTH_NONE: message(
    USERAUTH_REQUEST,
    'firmware',
    'USERAUTH_REQUEST that asks which methods there are.',
    { user, service, method: literal('none') },
    method('none'),
  ),
  USERAUTH_REQUEST: message(
    USERAUTH_REQUEST,
    'firmware',
    'USERAUTH_REQUEST by any other method.',
    { user, service, method: text, data: rest() },
    method(),
  ),
  USERAUTH_FAILURE: message(51, 'host', 'Rejects the credentials.', {
    methods: text.doc('Methods that can be tried, with commas between them.'),
    partialSuccess: bool8.doc('MPS writes a second byte behind it, which is ignored.'),
  }),
  USERAUTH_SUCCESS: message(52, 'host', 'Accepts the credentials.', {}),
  TCPIP_FORWARD: message(
    GLOBAL_REQUEST,
    'firmware',
    'GLOBAL_REQUEST to listen on a port and open a channel for each connection to it.',
    { request: literal('tcpip-forward'), wantReply, ...forward },
    requested('tcpip-forward'),
  ),
  CANCEL_TCPIP_FORWARD: message(
    GLOBAL_REQUEST,
    'firmware',
    'GLOBAL_REQUEST to listen on a port no more.',
    { request: literal('cancel-tcpip-forward'), wantReply, ...forward },
    requested('cancel-tcpip-forward'),
  ),
  UDP_SEND_TO: message(
    GLOBAL_REQUEST,
    'firmware',
    'GLOBAL_REQUEST to send a datagram. It is never answered.',
    {
      request: literal('udp-send-to@amt.intel.com'),
      wantReply,
      address: text.doc('To where: a name or an address.'),
      port: u32,
      originatorAddress: text,
      originatorPort: u32,
      payload: blob(APF_DATA_MAX),
    },
    requested('udp-send-to@amt.intel.com'),
  ),
  GLOBAL_REQUEST: message(
    GLOBAL_REQUEST,
    'both',
    'Any other GLOBAL_REQUEST.',
    { request: text, wantReply, data: rest() },
    requested(),
  ),
  REQUEST_SUCCESS: message(81, 'host', 'The oldest GLOBAL_REQUEST without an answer was done.', {
    port: optional(u32).doc('The port that is listened on; only in answers to `tcpip-forward`.'),
  }),
  REQUEST_FAILURE: message(82, 'host', 'The oldest GLOBAL_REQUEST without an answer was not done.', {}),
  CHANNEL_OPEN: message(90, 'both', 'Opens a channel.', {
    channelType: text.doc('`forwarded-tcpip`: to the firmware; `direct-tcpip`: to the host.'),
    senderChannel,
    initialWindow,
    maxPacket: unlimited,
    connectedAddress: text.doc('To where.'),
    connectedPort: u32,
    originatorAddress: text.doc('From where.'),
    originatorPort: u32,
  }),
  CHANNEL_OPEN_CONFIRMATION: message(91, 'both', 'The channel is open.', {
    recipientChannel,
    senderChannel,
    initialWindow,
    maxPacket: unlimited,
  }),
  CHANNEL_OPEN_FAILURE: message(92, 'both', 'The channel cannot be had.', {
    recipientChannel,
    reason: u32.of(APF_OPEN_FAILURE).doc('Why.'),
    reserved: reserved(8),
  }),
  CHANNEL_WINDOW_ADJUST: message(93, 'both', 'There is room for more.', {
    recipientChannel,
    bytesToAdd: u32.doc('Added to what may still be sent.'),
  }),
  CHANNEL_DATA: message(94, 'both', 'Bytes of the connection.', {
    recipientChannel,
    data: blob(APF_DATA_MAX),
  }),
  CHANNEL_CLOSE: message(97, 'both', 'Ends the channel; answered by the same.', { recipientChannel }),
  PROTOCOLVERSION: message(192, 'both', 'The first message of either side.', {
    major: u32.doc('1.'),
    minor: u32.doc('0.'),
    trigger: u32.of(APF_TRIGGER).doc('Why there is a session.'),
    uuid: uuid.doc("Of the machine; zeros from Intel's LMS."),
    reserved: reserved(64),
  }),
  KEEPALIVE_REQUEST: message(208, 'both', 'Is the other side still there?', { cookie }),
  KEEPALIVE_REPLY: message(209, 'both', 'It is.', { cookie }),
  KEEPALIVE_OPTIONS_REQUEST: message(210, 'host', 'How often to ask (CIRA).', keepAlive),
  KEEPALIVE_OPTIONS_REPLY: message(211, 'firmware', 'What is kept to (CIRA).', keepAlive),
} as const satisfies Readonly<Record<string, ApfDecl>>;

export type ApfName = keyof typeof APF_MESSAGES;
export type ApfMessageOf<N extends ApfName> = { readonly name: N } & Infer<
  (typeof APF_MESSAGES)[N]['fields']
>;
export type ApfMessage = { [N in ApfName]: ApfMessageOf<N> }[ApfName];

export interface NamedDecl {
  readonly name: ApfName;
  readonly decl: ApfDecl;
}

/** By number: the messages that have it; of several, those with a key in the order of the register. */
export const APF_BY_OPCODE: readonly (readonly NamedDecl[] | undefined)[] = byOpcode();

function byOpcode(): (NamedDecl[] | undefined)[] {
  const table: (NamedDecl[] | undefined)[] = Array.from({ length: 256 });
  for (const [name, decl] of Object.entries(APF_MESSAGES)) {
    const those = table[decl.opcode] ?? [];
    those.push({ name: name as ApfName, decl });
    table[decl.opcode] = those;
  }
  return table;
}
