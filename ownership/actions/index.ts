/** The actions of the transition table. Each changes the state and does one thing. */
export * from './driver.ts';
export * from './link.ts';
export * from './ownership.ts';
export * from './services.ts';
export * from './settings.ts';
