/** Where the parts of this folder tell what they do: a logger of pino fits. They are silent without one, and tell no secrets. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const nothing = (): void => {};

export const SILENT: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
