/**
 * SAP, the protocol: messages, ME messages, the shared area and its rings, CSME's filters.
 *
 * Nothing here does I/O, keeps time or needs Node. What the other side sends is never thrown about: functions give a
 * value or a `SapError`, told apart with `instanceof`; only wrong use of this folder throws.
 *
 *     const message = decodeSap(bytes);
 *     if (message instanceof SapError) return report(message.message);
 *     if (message.name === 'NIC_OWNER') console.log(message.owner === SapNicOwner.HOST);
 *     encodeSap({ name: 'RADIO_STATE', state: 3 }, 1);
 */
export * from './area/area.ts';
export * from './area/layout.ts';
export * from './area/reader.ts';
export * from './area/writer.ts';
export * from './bytes.ts';
export * from './codec.ts';
export {
  type EnumEntry,
  type EnumSet,
  enumEntries,
  type Infer,
  type MacAddress,
  openEnum,
  type Queue,
  type SapDecl,
  type Side,
} from './declare.ts';
export * from './errno.ts';
export * from './errors.ts';
export * from './filter.ts';
export * from './frame.ts';
export * from './guid.ts';
export * from './me.ts';
export * from './messages/index.ts';
export { EMPTY } from './misfits.ts';
export * from './oob-filters.ts';
export { formatMe, formatSap, headlineMe, headlineSap } from './walk/pretty.ts';
