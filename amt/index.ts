/** AMT as a host's programs reach it over MEI: host interface, local management service, watchdog, set-up. */
export * from './amthi.ts';
export * from './info.ts';
export * from './lms/index.ts';
export * from './mkhi.ts';
export * from './protocol/index.ts';
export * from './setup/index.ts';
export type { AskOptions } from './turns.ts';
export * from './watchdog/index.ts';
export * from './web/index.ts';
export * from './wsman/index.ts';
