/** Families of generic netlink: their numbers and groups, by name. */
import { constants } from 'node:os';
import { BridgeError } from '../errors.ts';
import { attributeIds, encodeAttributes, required } from './attributes.ts';
import { decodeGeneric, encodeGeneric } from './message.ts';
import type { NetlinkPort } from './port.ts';

export interface GenericFamily {
  readonly id: number;
  /** The numbers of its multicast groups, by their names. */
  readonly groups: ReadonlyMap<string, number>;
}

const GENL_ID_CTRL = 16;
const CTRL_CMD_GETFAMILY = 3;
const CTRL_VERSION = 1;
const CTRL = attributeIds('CTRL_ATTR_', { FAMILY_ID: 1, FAMILY_NAME: 2, MCAST_GROUPS: 7 });
const GROUP = attributeIds('CTRL_ATTR_MCAST_GRP_', { NAME: 1, ID: 2 });

/** Undefined: the kernel has no such family, or not yet. */
export async function findFamily(port: NetlinkPort, name: string): Promise<GenericFamily | undefined> {
  const payload = encodeGeneric(
    CTRL_CMD_GETFAMILY,
    CTRL_VERSION,
    encodeAttributes([[CTRL.FAMILY_NAME, name]]),
  );
  const request = { what: `CTRL_CMD_GETFAMILY ${name}`, type: GENL_ID_CTRL, payload };
  const answers = await port.request(request).catch((error) => {
    if (error instanceof BridgeError && error.errno === constants.errno.ENOENT) return undefined;
    throw error;
  });
  if (answers === undefined) return undefined;
  const { attributes } = decodeGeneric(required(answers[0]?.payload, CTRL.FAMILY_ID));
  const groups = attributes.sets(CTRL.MCAST_GROUPS).map((group): [string, number] => {
    return [required(group.text(GROUP.NAME), GROUP.NAME), required(group.u32(GROUP.ID), GROUP.ID)];
  });
  return { id: required(attributes.u16(CTRL.FAMILY_ID), CTRL.FAMILY_ID), groups: new Map(groups) };
}
