/** The named values of MKHI. Source: Intel LMS, MKHICommand.h and MKHIErrorException.h. */
import { enumEntries, openEnum } from '../../../sap/index.ts';

/** With which result the firmware answers. */
export const MKHI_RESULT = openEnum({
  SUCCESS: [0, 'It was done.'],
  INVALID_STATE: [0x01, 'Not in the state that the firmware is in.'],
  MESSAGE_SKIPPED: [0x02, 'The message was not looked at.'],
  SIZE_ERROR: [0x05, 'The message has the wrong length.'],
  EINVAL: [0x16, 'Something in the message is wrong.'],
  NOT_FOUND: [0x81, 'It is not there.'],
  INVALID_ACCESS: [0x84, 'The host may not do this.'],
  INVALID_PARAMS: [0x85, 'A parameter is wrong.'],
  NOT_READY: [0x88, 'The firmware is not ready.'],
  NOT_SUPPORTED: [0x89, 'This is not supported.'],
  INVALID_ADDRESS: [0x8c, 'The address is wrong.'],
  INVALID_COMMAND: [0x8d, 'There is no such command.'],
  GENERIC_FAILURE: [0x99, 'It failed.'],
  FAILURE: [0x9e, 'It failed.'],
  INVALID_RESOURCE: [0xe4, 'There is no such resource.'],
  RESOURCE_IN_USE: [0xe5, 'The resource is in use.'],
  NO_RESOURCE: [0xe6, 'There is no resource for it.'],
  RETRY: [0xfe, 'Try again.'],
  GENERAL_ERROR: [0xff, 'It failed.'],
});

/** The name of a result, `NOT_SUPPORTED`; the number of one that is not known, `0x7f`. */
export function mkhiResultName(code: number): string {
  return BY_CODE.get(code)?.name ?? `0x${code.toString(16)}`;
}

/** What a result means, in a sentence. */
export function mkhiResultSentence(code: number): string {
  return BY_CODE.get(code)?.doc ?? 'This result is not known.';
}

const BY_CODE = new Map(enumEntries(MKHI_RESULT).map((entry) => [entry.value, entry]));

export const MkhiGroup = openEnum({
  FWCAPS: [0x03, 'What the firmware can do.'],
  GEN: [0xff, 'The firmware itself.'],
});

/** What GET_RULE asks for: the feature in bits 16 to 23, the rule below. */
export const MkhiRule = openEnum({
  SKU: [0, 'Features that the machine could have.'],
  FW_UPDATE: [7, 'Whether the firmware may be updated: 0 no, 1 yes, 2 with a password.'],
  PLATFORM_TYPE: [29, 'What kind of machine it is.'],
  FEATURES_ENABLED: [32, 'Features that are enabled.'],
  FEATURES_AVAILABLE: [39, 'Features that are enabled and ready.'],
  OS_VERSION: [0x10_0000, 'The operating system, as the host says it.'],
});

/** Bits of the rules SKU, FEATURES_ENABLED and FEATURES_AVAILABLE. */
export const MkhiFeatures = openEnum({
  AMT: [1 << 2, 'AMT.'],
  PAVP: [1 << 12, 'Protected audio and video.'],
  IPV6: [1 << 17, 'IPv6.'],
  KVM: [1 << 18, 'Remote KVM.'],
  TLS: [1 << 21, 'TLS.'],
});

export const MkhiBootState = openEnum({
  END_OF_POST: [1, 'The BIOS has ended.'],
  CORE_BIOS_DONE: [2, 'The core of the BIOS has ended.'],
});
