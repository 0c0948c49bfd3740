/** What sysfs says of a device when there is no file of it. */
export const UNKNOWN = {
  state: undefined,
  kind: undefined,
  firmwareVersions: [],
  hbmVersion: undefined,
  hbmVersionOfDriver: undefined,
  firmwareStatus: [],
  trace: undefined,
  sendQueueLimit: undefined,
};
