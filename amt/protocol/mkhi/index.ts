/** MKHI, the kernel host interface of the firmware: versions and features. */
export * from './codec.ts';
export * from './register.ts';
export * from './values.ts';
