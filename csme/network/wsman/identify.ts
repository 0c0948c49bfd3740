/** Identify: what DSP0226 §11 and DASH want to know before anything else. Only who has the password is told. */
import { element, NS } from '../../../amt/web/index.ts';
import { shortVersion } from '../../amt/index.ts';
import { document } from './write.ts';

/** `version`: of the firmware, four numbers; the first three are told. */
export function identified(version: string): string {
  return document(
    { a: NS.soap, b: NS.identity, c: NS.dash },
    '<a:Header></a:Header>',
    element(
      'a:Body',
      element(
        'b:IdentifyResponse',
        element('b:ProtocolVersion', NS.wsman),
        element('b:ProductVendor', 'Intel(r)'),
        element('b:ProductVersion', `AMT ${shortVersion(version)}`),
        element('c:DASHVersion', '1.0.0'),
        element(
          'b:SecurityProfiles',
          element(
            'b:SecurityProfileName',
            'http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/http/digest',
          ),
        ),
      ),
    ),
  );
}
