/** What a command or an example may use: all that is shipped. */
const EVERYTHING = [
  'sap',
  'ownership',
  'csme',
  'csme/network',
  'csme/device',
  'rx',
  'native',
  'transport',
  'trace',
  'conformance',
  'netlink-bridge',
  'netlink-bridge/agent',
];

/**
 * Who may import whom. The rows are the folders of the repository, each with what its files may import besides
 * themselves; a file belongs to the longest row that its path begins with. `packages` and `node` say the same of npm
 * packages and of Node's own modules.
 */
export const IMPORT_TABLE = {
  sap: { folders: [], packages: [], node: false },
  native: { folders: [], packages: [], node: true },
  ownership: { folders: ['sap'], packages: [], node: false },
  csme: { folders: ['sap'], packages: [], node: false },
  'csme/network': { folders: ['sap', 'csme', 'native', 'transport'], packages: ['saxes'], node: true },
  'csme/device': { folders: ['sap', 'csme', 'native', 'transport'], packages: [], node: true },
  rx: { folders: ['sap', 'native'], packages: [], node: true },
  transport: { folders: ['sap', 'native'], packages: [], node: true },
  trace: { folders: ['sap', 'ownership', 'csme'], packages: ['picocolors'], node: true },
  conformance: { folders: ['sap', 'csme', 'transport', 'trace'], packages: [], node: true },
  'netlink-bridge': {
    folders: ['sap', 'native', 'netlink-bridge/agent'],
    packages: ['netlink', '@homebridge/dbus-native'],
    node: true,
  },
  'netlink-bridge/agent': { folders: ['sap'], packages: [], node: false },
  cli: {
    folders: EVERYTHING,
    packages: ['commander', 'picocolors', 'pino', 'smol-toml'],
    node: true,
  },
  examples: {
    folders: EVERYTHING,
    packages: [],
    node: true,
  },
  bench: {
    folders: ['sap', 'ownership', 'csme', 'csme/network', 'rx', 'native', 'transport', 'trace', 'fuzz'],
    packages: ['binary-parser'],
    node: true,
  },
  fuzz: {
    folders: [
      'sap',
      'ownership',
      'csme',
      'csme/device',
      'csme/network',
      'rx',
      'native',
      'transport',
      'trace',
      'netlink-bridge',
      'netlink-bridge/agent',
    ],
    packages: [],
    node: true,
  },
  scripts: {
    folders: [
      'sap',
      'ownership',
      'csme',
      'transport',
      'trace',
      'netlink-bridge',
      'netlink-bridge/agent',
      'cli',
    ],
    packages: [],
    node: true,
  },
};
