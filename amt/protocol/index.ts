/**
 * The protocols of AMT's MEI services, pure: AMTHI and MKHI, APF, the watchdog. Codecs and sans-IO sessions; no I/O, no
 * timers, no Node modules.
 */
export * from './amthi/index.ts';
export * from './apf/index.ts';
export * from './errors.ts';
export * from './mkhi/index.ts';
export { Secret } from './secret.ts';
export * from './watchdog/index.ts';
