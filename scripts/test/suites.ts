/** A set of test folders that run together; `rest` is every folder that no other suite names. */
export type Suite = {
  readonly folders: readonly string[] | 'rest';
  readonly contracts: boolean;
  /** One PostgreSQL and one chain for the run, from test/setup/global.ts. */
  readonly sharedServers: boolean;
};

const special = {
  conformance: { folders: ['conformance'], contracts: false, sharedServers: true },
  peers: { folders: ['peers'], contracts: false, sharedServers: false },
  faults: { folders: ['faults'], contracts: false, sharedServers: true },
  check: { folders: ['check'], contracts: false, sharedServers: false },
} as const satisfies Record<string, Suite>;

export const suites = {
  default: { folders: 'rest', contracts: true, sharedServers: true },
  ...special,
} as const satisfies Record<string, Suite>;

export type SuiteName = keyof typeof suites;
export const suiteNames = Object.keys(suites) as SuiteName[];

/** Suites of which the default one runs a short version. */
const shortened: ReadonlySet<string> = new Set(special.faults.folders);

/** Folders under test/ that the default suite leaves alone: other suites, and what hardhat runs. */
export const notInDefault: ReadonlySet<string> = new Set([
  ...Object.values(special)
    .flatMap<string>(({ folders }) => folders)
    .filter((folder) => !shortened.has(folder)),
  'contracts',
]);
