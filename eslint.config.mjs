import eslint from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const environmentIsForConfig = {
  object: 'process',
  property: 'env',
  message: 'Only backend/config.ts reads the environment; take the value as a parameter.',
};

const ENUMS = { selector: 'TSEnumDeclaration', message: 'Use a union of string literals.' };

export default defineConfig(
  globalIgnores([
    '**/node_modules',
    '.node',
    'test/peers/.bin',
    '**/generated/**',
    'sdk/src/abi',
    'artifacts',
    'cache',
    'coverage',
    'data',
    'out',
  ]),
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-definitions': ['error', 'type'],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-indexed-object-style': 'off',
      // A port's implementation may answer at once and still be async by type.
      '@typescript-eslint/require-await': 'off',
      // Under noUncheckedIndexedAccess an index that a loop or a length bounds needs the assertion; `as` would say less.
      '@typescript-eslint/no-non-null-assertion': 'off',
      eqeqeq: 'error',
      'no-restricted-syntax': ['error', ENUMS],
    },
  },
  {
    files: ['protocol/**', 'sdk/**', 'backend/**', 'edge/**', 'cli/**'],
    ignores: ['backend/config.ts'],
    rules: { 'no-restricted-properties': ['error', environmentIsForConfig], 'no-console': 'error' },
  },
  {
    // Benches and tests spread what they made themselves.
    files: ['protocol/**', 'sdk/**', 'backend/**', 'edge/**', 'cli/**', 'scripts/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ENUMS,
        {
          // Arguments stand on the stack: some hundred thousand of them are a RangeError. A literal in the call is bounded.
          selector:
            'CallExpression:matches([callee.property.name=/^(push|unshift|max|min|fromCharCode|fromCodePoint)$/], [callee.name="concat"]) > SpreadElement[argument.type!="ArrayExpression"]',
          message: 'Spreads as many arguments as there are items: use a loop, reduce() or concatAll().',
        },
      ],
    },
  },
  {
    files: ['test/**'],
    rules: {
      // describe/it return promises the runner awaits; chai's assertions are property reads.
      '@typescript-eslint/no-floating-promises': 'off',
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
    },
  },
  {
    // Methods of an ethers contract come from its ABI at run time: their types say `any`.
    files: ['test/contracts/**', 'test/setup/{hardhat,evidence-log,device-registry}.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        Buffer: 'readonly',
        URL: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
      },
    },
  },
);
