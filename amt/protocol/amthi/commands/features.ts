/** What AMT is doing, and what it allows. */
import { ansi, bool8, bool32, optional, reserved, rest, struct, u8, u32 } from '../../declare.ts';
import { amthiCommand } from '../command.ts';
import { AmtFeature, HostResetReason, RedirectionFeatures, UserInitiatedInterfaces } from '../values.ts';

export const FEATURE_COMMANDS = {
  GET_FEATURES_STATE: amthiCommand({
    op: 0x49,
    doc: 'Whether a feature is used or enabled.',
    source: 'LMS GetRedirectionSessionsStateCommand.h and four others',
    request: { feature: u32.of(AmtFeature).doc('Which one.') },
    response: {
      feature: u32.of(AmtFeature).doc('The same.'),
      state: u32.doc(
        'REDIRECTION_SESSIONS: a session of IDE redirection is open; KVM_SESSION: bits 0 active, 1 waiting for consent; the others: 1 enabled.',
      ),
      solOpen: optional(bool32).doc('Only REDIRECTION_SESSIONS: a session of serial over LAN is open.'),
      reserved: optional(u32).doc('Only REDIRECTION_SESSIONS: reserved.'),
    },
  }),
  GET_REDIRECTION_STATE: amthiCommand({
    op: 0x58,
    doc: 'Which kinds of redirection are enabled.',
    source: 'LMS GetRedirectionStateCommand.h',
    response: { enabled: u32.bits(RedirectionFeatures).doc('Those that are.') },
  }),
  GET_USER_INITIATED_ENABLED_INTERFACES: amthiCommand({
    op: 0x4d,
    doc: 'Who may ask for a connection to the management presence server.',
    source: 'LMS GetUserInitiatedEnabledInterfacesCommand.h',
    response: { interfaces: u32.bits(UserInitiatedInterfaces).doc('Those that may.') },
  }),
  GET_LAST_HOST_RESET_REASON: amthiCommand({
    op: 0x4a,
    doc: 'Who last reset the host.',
    source: 'LMS GetLastHostResetReasonCommand.h',
    response: {
      reason: u32.of(HostResetReason).doc('Who.'),
      remoteControlTimestamp: u32.doc('Seconds since 1970.'),
    },
  }),
  GET_CURRENT_POWER_POLICY: amthiCommand({
    op: 0x47,
    doc: 'In which power states of the host AMT runs.',
    source: 'LMS GetCurrentPowerPolicyCommand.h',
    response: { policy: ansi().doc('Name of the policy.') },
  }),
  GET_CIRA_LOG: amthiCommand({
    op: 0x8e,
    doc: 'How the connections to the management presence server went.',
    source: 'rpc-go pthi/types.go',
    request: { version: u8.doc('Of the log: 0.') },
    response: {
      version: u8.doc('Of the log.'),
      summary: struct({
        tunnelOpened: bool8.doc('There is a connection.'),
        connectionState: u8.doc('Its state.'),
        reserved: reserved(3),
        lastKeepAlive: u32.doc('Seconds since 1970.'),
        keepAliveInterval: u32.doc('Seconds.'),
        lastConnectionStatus: u8.doc('How the last one was made.'),
        lastConnectionTimestamp: u32.doc('Seconds since 1970.'),
        lastTunnelStatus: u8.doc('How the last one ended.'),
        lastTunnelOpenedTimestamp: u32.doc('Seconds since 1970.'),
        lastTunnelClosedTimestamp: u32.doc('Seconds since 1970.'),
      }).doc('The last one.'),
      records: rest().doc('Of the last tunnel and of the last attempt that failed; their layout differs.'),
    },
  }),
} as const;
