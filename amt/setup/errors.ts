/** What can go wrong with a set-up beyond what its carriers tell: one table, one class. */

export const SETUP_ERRORS = {
  SETUP_ERR_PASSWORD: {
    sentence: 'AMT would not take this password.',
    next: undefined,
  },
  SETUP_ERR_REALM: {
    sentence: "AMT's realm is not in AMT's form; nothing was changed.",
    next: 'What answered may not be AMT.',
  },
  SETUP_ERR_NOT_ALLOWED: {
    sentence: 'This AMT may not be set up into client control mode.',
    next: 'The maker of the machine has decided so; admin control mode needs a configuration server.',
  },
  SETUP_ERR_STRANGER: {
    sentence:
      "Another program has AMT's connection, and what listens on port 16992 of 127.0.0.1 is no service of the system.",
    next: 'No password goes there. End that program, or run it as a service: then try again.',
  },
  SETUP_ERR_REFUSED: {
    sentence: 'AMT refused.',
    next: undefined,
  },
  SETUP_ERR_NOT_REACHED: {
    sentence: 'AMT said yes, but is still not what it is to be.',
    next: '`sapwood amt info` shows whether it gets there; else try again.',
  },
} as const satisfies Readonly<
  Record<string, { readonly sentence: string; readonly next: string | undefined }>
>;

export type SetupErrorCode = keyof typeof SETUP_ERRORS;

export class SetupError extends Error {
  readonly code: SetupErrorCode;
  readonly next: string | undefined;

  /** `detail`: what exactly, in words that follow the sentence of the table. */
  constructor(code: SetupErrorCode, detail?: string) {
    const { sentence, next } = SETUP_ERRORS[code];
    super(detail === undefined ? sentence : `${sentence} ${detail}`);
    this.name = 'SetupError';
    this.code = code;
    this.next = next;
  }
}
