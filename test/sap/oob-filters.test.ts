import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeOobFilters, encodeOobFilters, noFilters, OOB_FILTERS_LEN, SapError } from '../../sap/index.ts';

test('any 156 bytes are a filter set, and give the same bytes again', () => {
  const bytes = fc.uint8Array({ minLength: OOB_FILTERS_LEN, maxLength: OOB_FILTERS_LEN });
  fc.assert(
    fc.property(bytes, (raw) => {
      const filters = decodeOobFilters(raw);
      if (filters instanceof SapError) throw filters;
      expect(encodeOobFilters(filters)).toEqual(raw);
    }),
  );
});

test.each([0, 155, 157, 1904])('%i bytes are none', (length) => {
  const error = decodeOobFilters(new Uint8Array(length));
  expect(error).toMatchObject({ code: 'SAP_ERR_LENGTH', needed: 156, available: length });
});

test('the empty set is 156 zeros', () => {
  expect(encodeOobFilters(noFilters())).toEqual(new Uint8Array(OOB_FILTERS_LEN));
});
