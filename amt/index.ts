/** AMT as a host's programs reach it over MEI: host interface, local management service, watchdog, set-up. */
export * from './lms/index.ts';
export * from './protocol/index.ts';
export * from './watchdog/index.ts';
export * from './web/index.ts';
