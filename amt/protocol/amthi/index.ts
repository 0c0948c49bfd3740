/** AMTHI (PTHI), the AMT host interface: one request, one response, strictly in turn. */
export * from './codec.ts';
export type { AmthiCommand } from './command.ts';
export { AMT_STATE_ID } from './commands/identity.ts';
export * from './register.ts';
export * from './status.ts';
export * from './values.ts';
