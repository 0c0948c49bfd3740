/**
 * The real card: nl80211 with Intel's vendor commands, rfkill, the supplicants, and the agent that takes the card over from
 * CSME without breaking the remote session.
 */

export * from './agent/index.ts';
export type { KernelParts } from './card.ts';
export { BRIDGE_ERRORS, BridgeError, type BridgeErrorCode, type BridgeErrorDetails } from './errors.ts';
export { fileJournal, type Journal, type JournalEntry, memoryJournal } from './journal.ts';
export type { Log } from './log.ts';
export * from './networkmanager/index.ts';
export * from './nl80211/index.ts';
export * from './rfkill/index.ts';
export * from './rtnetlink/index.ts';
export { type RunAgentOptions, type RunningAgent, runAgent } from './run-agent.ts';
export * from './wpa/index.ts';
