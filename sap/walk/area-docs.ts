/** The part of `docs/messages.md` about the shared area, from its layouts. */
import { AREA_LAYOUTS, CONTROL_BLOCK_LEN, ringsOf, SAP_AREA_ID } from '../area/layout.ts';
import { table } from './markdown.ts';

/** Paragraphs and tables, under a heading of the second level. */
export function areaSections(): string[] {
  const { 3: old, 4: now } = AREA_LAYOUTS;
  const id = `"SAP!", 0x${SAP_AREA_ID.toString(16)}`;
  const before = ringsOf(old);
  return [
    '## Shared area',
    `Memory of the host that both sides have mapped. Its size is its version: ${now.size} bytes are version 4, ${old.size} bytes version 3. The host zeroes it and writes \`id\`, the sizes and \`trailer\`; then it sends START. Each ring has one writer, which owns \`wr_ptr\`, and one reader, which owns \`rd_ptr\`. Source: iwlwifi/mei/main.c: iwl_mei_alloc_shared_mem, iwl_mei_init_shared_mem; offsets as observed.`,
    table(
      ['at', 'field', 'type', ''],
      [
        ['0', '`id`', 'u32', id],
        ['4', '`size`', 'u32', `Bytes of the control block: ${CONTROL_BLOCK_LEN}`],
        ...ringsOf(now).flatMap(({ dir, queue, wrAt, rdAt, sizeAt }) => [
          [
            `${wrAt}`,
            `\`${dir}.${queue}.wr_ptr\``,
            'u32',
            'Where the writer goes on, from the start of the ring',
          ],
          [`${rdAt}`, `\`${dir}.${queue}.rd_ptr\``, 'u32', 'Where the reader goes on'],
          [`${sizeAt}`, `\`${dir}.${queue}.size\``, 'u32', 'Bytes of the ring'],
        ]),
      ],
    ),
    'Bytes of the control block that have no field are 0. Behind it, without gaps, lie the rings and the trailer; `h2m` is from the host to CSME, `m2h` from CSME to the host. The last page is filled up.',
    table(
      ['', 'writer', 'at, version 4', 'bytes', 'at, version 3', 'bytes'],
      [
        ...ringsOf(now).map(({ dir, queue, writer, at, size }, i) => [
          `\`${dir}.${queue}\``,
          writer === 'csme' ? 'CSME' : writer,
          `${at}`,
          `${size}`,
          `${before[i]!.at}`,
          `${before[i]!.size}`,
        ]),
        [`\`trailer\`: ${id}`, 'host', `${now.trailerAt}`, '4', `${old.trailerAt}`, '4'],
      ],
    ),
    'A message lies in the ring in one piece, or goes on at the start of the ring where its end is reached, header or not. The writer copies it, then moves `wr_ptr` behind it, and sends CHECK_SHARED_AREA, the host at most every 100 ms. The reader copies what is there, then moves `rd_ptr`. Equal pointers mean that the ring is empty, so that a writer leaves one byte free. A pointer of the other side may stand anywhere: one outside of the ring is damage.',
  ];
}
