/** Imports point one way: protocol ← sdk ← app, edge ← cli; protocol, sdk ← backend. */
const ours = '^(protocol|sdk|backend|edge|cli|app|bench|scripts|test|examples)/';

const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { path: ours, pathNot: allowed },
});

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    only('protocol-stands-alone', '^protocol/', '^protocol/', 'protocol imports nothing of ours.'),
    {
      name: 'protocol-is-browser-safe',
      comment: 'protocol runs in a browser: no Node built-in.',
      severity: 'error',
      from: { path: '^protocol/' },
      to: { dependencyTypes: ['core'] },
    },
    only('sdk-knows-protocol', '^sdk/', '^(protocol|sdk)/', 'sdk imports protocol only.'),
    only('edge-knows-sdk', '^edge/', '^(protocol|sdk|edge)/', 'edge imports protocol and sdk only.'),
    only(
      'cli-knows-sdk',
      '^cli/',
      '^(protocol|sdk|edge|cli)/',
      'cli imports protocol, sdk and the gateway (docs/adr/0004).',
    ),
    only('app-knows-sdk', '^app/', '^(protocol|sdk|app)/', 'app imports protocol and sdk only.'),
    only(
      'backend-knows-sdk',
      '^backend/',
      '^(protocol|sdk|backend)/',
      'backend imports protocol and sdk only.',
    ),
    {
      name: 'features-share-types-only',
      comment: "A backend feature imports another's types only; compose.ts hands it the implementation.",
      severity: 'error',
      from: { path: '^backend/features/([^/]+)/' },
      to: { path: '^backend/features/', pathNot: '^backend/features/$1/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'features-get-adapters-handed',
      comment:
        'Only compose.ts joins features and adapters; a feature names an adapter by its type and errors.',
      severity: 'error',
      from: { path: '^backend/features/' },
      to: {
        path: '^backend/adapters/',
        pathNot: '^backend/adapters/[^/]+/errors\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'adapters-know-no-feature',
      comment: 'An adapter imports no feature; it may implement a port a feature declares as a type.',
      severity: 'error',
      from: { path: '^backend/adapters/' },
      to: { path: '^backend/features/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only-compose-constructs',
      comment:
        'Only compose.ts imports implementations of features and adapters; main.ts needs a log to fail into.',
      severity: 'error',
      from: { path: '^backend/', pathNot: '^backend/(compose(/|\\.ts$)|main\\.ts$|features/|adapters/)' },
      to: { path: '^backend/(features|adapters)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'main-composes',
      comment: 'main.ts sets V8 up, reads the configuration, opens the log and calls compose.ts.',
      severity: 'error',
      from: { path: '^backend/main\\.ts$' },
      to: {
        path: '^backend/',
        pathNot: '^backend/(compose|config|v8-flags|adapters/(logger|durable-file)/)',
      },
    },
    {
      name: 'scripts-are-never-imported',
      severity: 'error',
      from: { path: '^(protocol|sdk|backend|edge|cli|app|bench|examples)/' },
      to: { path: '^scripts/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'resolves',
      comment: 'The import leads nowhere, or to a package that package.json does not declare.',
      severity: 'error',
      from: {},
      to: { pathNot: ours, dependencyTypes: ['unknown', 'undetermined', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'node_modules/(?!@gridseal)' },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
    },
  },
};
