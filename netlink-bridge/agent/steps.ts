/** The ten steps of a take-over that the remote session lives through. */

export interface StepSpec {
  /** What is so when the step is done. */
  readonly says: string;
}

export const STEPS = {
  1: { says: 'The interface and its supplicant are there.' },
  2: { says: 'The radio is blocked because CSME owns the card.' },
  3: { says: 'CSME said which access point it is connected to.' },
  4: { says: 'A profile has credentials for that access point.' },
  5: { says: 'The supplicant is limited to that access point and its frequency.' },
  6: { says: 'The card was asked for.' },
  7: { says: 'CSME gave the card away.' },
  8: { says: 'The radio is free.' },
  9: { says: 'Connected to that very access point.' },
  10: { says: 'The interface has an address: the remote session lives on.' },
} as const satisfies Record<number, StepSpec>;

export type StepNumber = keyof typeof STEPS;
