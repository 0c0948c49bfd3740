/** How AMT is set up, and with which credentials a program of the host may do it. */
import {
  ansi,
  bool32,
  bytes,
  list,
  optional,
  reserved,
  secret,
  skip,
  struct,
  text,
  u8,
  u16,
  u32,
} from '../../declare.ts';
import { amthiCommand, HASH_HANDLES_MAX } from '../command.ts';
import { suffixPlace, wideOrNarrowBool } from '../fields.ts';
import { HashAlgorithm, ProvisioningMode, ProvisioningTlsMode } from '../values.ts';

/** A hash stands at its start; what follows has no meaning. */
const hashPlace = bytes(64);
/** Where `hostVpn` is, this follows: the place of the suffixes. */
const BEHIND_VPN = suffixPlace.size;

export const SETUP_COMMANDS = {
  GET_LOCAL_SYSTEM_ACCOUNT: amthiCommand({
    op: 0x67,
    doc: 'An account that is only good for connections from this machine, through LMS.',
    source: 'LMS GetLocalSystemAccountCommand.h',
    request: { reserved: reserved(40) },
    response: {
      user: text(33).doc('`$$OsAdmin`.'),
      password: secret(text(33)).doc('Secret: never printed. Ask again before each use.'),
      padding: optional(u16).doc('MeshCentral wants it there, the others do not look.'),
      room: skip(),
    },
  }),
  UNPROVISION: amthiCommand({
    op: 0x10,
    doc: 'Ends the provisioning. Admin control mode refuses: NOT_PERMITTED.',
    source: 'LMS UnprovisionCommand.h',
    request: { mode: u32.of(ProvisioningMode).doc('Into which mode: NONE.') },
    response: { state: optional(u32).doc('rpc-go reads one, LMS does not.') },
  }),
  START_CONFIGURATION: amthiCommand({
    op: 0x29,
    doc: 'AMT looks for a configuration server.',
    source: 'MeshCentral amt-mei.js',
  }),
  STOP_CONFIGURATION: amthiCommand({
    op: 0x5e,
    doc: 'AMT looks for one no more.',
    source: 'rpc-go pthi/types.go',
  }),
  START_CONFIGURATION_HBASED: amthiCommand({
    op: 0x8b,
    doc: 'AMT waits for a configuration server that has this certificate, by way of the host.',
    source: 'rpc-go pthi/types.go',
    request: {
      serverHashAlgorithm: u8.of(HashAlgorithm).doc('Of the hash.'),
      serverHash: hashPlace.doc('Of the certificate of the server.'),
      hostVpn: wideOrNarrowBool(BEHIND_VPN).doc(
        'Through a VPN of the host too. Four bytes from MeshCentral, where all that follows is three further on.',
      ),
      dnsSuffixes: suffixPlace.doc('Where AMT may be set up; five of 64 characters.'),
    },
    response: {
      hashAlgorithm: u8.of(HashAlgorithm).doc('Of the hash.'),
      amtHash: hashPlace.doc('Of the certificate that AMT will show.'),
      room: skip(),
    },
  }),
  SET_PROVISIONING_SERVER_OTP: amthiCommand({
    op: 0x2a,
    doc: 'What a configuration server must know besides having a certificate.',
    source: 'MeshCentral amt-mei.js',
    request: { password: secret(ansi(32)).doc('Secret: never printed.') },
  }),
  GET_PROVISIONING_TLS_MODE: amthiCommand({
    op: 0x2b,
    doc: 'How a configuration server is known.',
    source: 'MeshCentral amt-mei.js',
    response: { mode: u32.of(ProvisioningTlsMode).doc('The mode.') },
  }),
  GET_ZERO_TOUCH_ENABLED: amthiCommand({
    op: 0x30,
    doc: 'Whether a configuration server may set AMT up by its certificate alone.',
    source: 'LMS GetZeroTouchEnabledCommand.h',
    response: { enabled: bool32.doc('It may.') },
  }),
  ENUMERATE_HASH_HANDLES: amthiCommand({
    op: 0x2c,
    doc: 'The certificates that a configuration server may come with.',
    source: 'LMS EnumerateHashHandlesCommand.h',
    response: {
      handles: list(u32, u32, HASH_HANDLES_MAX).doc('They need not follow each other.'),
      room: skip(),
    },
  }),
  GET_CERTHASH_ENTRY: amthiCommand({
    op: 0x2d,
    doc: 'One of them. Without it, the status is INVALID_HANDLE.',
    source: 'LMS GetCertificateHashEntryCommand.h',
    request: { handle: u32.doc('Of ENUMERATE_HASH_HANDLES.') },
    response: {
      isDefault: bool32.doc('It came with the firmware.'),
      isActive: bool32.doc('It is used.'),
      hash: hashPlace.doc('Of the certificate.'),
      algorithm: u8.of(HashAlgorithm).doc('Of the hash.'),
      name: ansi().doc('Of the certificate.'),
    },
  }),
  GENERATE_RNG_SEED: amthiCommand({
    op: 0x28,
    doc: 'Makes a random seed; the status may be RNG_GENERATION_IN_PROGRESS.',
    source: 'MeshCentral amt-mei.js',
  }),
  GET_RNG_SEED_STATUS: amthiCommand({
    op: 0x2e,
    doc: 'Whether there is one.',
    source: 'MeshCentral amt-mei.js',
    response: { status: u32.doc('0: it is there.') },
  }),
  GET_ME_SETUP_AUDIT_RECORD: amthiCommand({
    op: 0x50,
    doc: 'How AMT was provisioned.',
    source: 'LMS GetMESetupAuditRecordCommand.h',
    response: {
      provisioningTlsMode: u8.of(ProvisioningTlsMode).doc('How the configuration server was known.'),
      secureDns: bool32.doc('By a DNS suffix that was set before.'),
      hostInitiated: bool32.doc('A program of the host began it.'),
      hashAlgorithm: u32.of(HashAlgorithm).doc('Of the hash.'),
      hash: hashPlace.doc('Of the certificate of the root.'),
      caSerials: bytes(48).doc('Serial numbers of the certificates, three of 16 bytes.'),
      additionalCaSerials: bool32.doc('There were more.'),
      isOemDefault: bool32.doc('The certificate came with the machine.'),
      isTimeValid: bool32.doc('The time of AMT could be relied upon.'),
      serverAddress: text(46).doc('Of the configuration server, as text.'),
      tlsStartTime: struct({
        year: u16.doc('2026.'),
        month: u16.doc('1 to 12.'),
        dayOfWeek: u16.doc('0 is Sunday.'),
        day: u16.doc('1 to 31.'),
        hour: u16.doc('0 to 23.'),
        minute: u16.doc('0 to 59.'),
        second: u16.doc('0 to 59.'),
      }).doc('When it began.'),
      serverFqdn: ansi().doc('Name of the configuration server.'),
    },
  }),
} as const;
