/** wpa_supplicant over its control socket. */
export { openWpaSupplicant, type WpaSupplicantOptions } from './supplicant.ts';
