/** The versions that AMT tells of its parts, over AMTHI and WS-Management alike. */
import type { AmtState } from './state.ts';

/** Name and version of each, in AMT's order. */
export function partVersions({
  version,
  sku,
}: Pick<AmtState, 'version' | 'sku'>): readonly (readonly [string, string])[] {
  const short = shortVersion(version);
  const [, , , build = ''] = version.split('.');
  return [
    ['Flash', short],
    ['Netstack', short],
    ['AMTApps', short],
    ['AMT', short],
    ['Sku', sku],
    ['VendorID', '8086'],
    ['Build Number', build],
    ['Recovery Version', short],
    ['Recovery Build Num', build],
    ['Legacy Mode', 'False'],
  ];
}

/** Without the build: `16.1.25` of `16.1.25.2049`. */
export function shortVersion(version: string): string {
  return version.split('.').slice(0, 3).join('.');
}
