import { basename, dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import eslint from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import globals from 'globals';
import tseslint from 'typescript-eslint';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What reads a clock, waits, or talks to the world. */
const impureGlobals = [
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'performance'],
  ...['process', 'console', 'fetch', 'Buffer', 'globalThis'],
].map((name) => ({ name, message: 'Time and I/O reach this code through its arguments.' }));

const defaultExport = {
  selector: 'ExportDefaultDeclaration',
  message: 'Export by name, so that a thing has one name everywhere.',
};
const wallClock = [
  ':matches(NewExpression, CallExpression)[callee.name="Date"][arguments.length=0]',
  'CallExpression[callee.object.name="Date"][callee.property.name="now"]',
  'CallExpression[callee.object.name="Math"][callee.property.name="random"]',
].map((selector) => ({ selector, message: 'Ask the Clock or the random of the configuration.' }));

/** XState 6 tells of other events, and of what is internal to it nobody promises anything. */
const insidesOfXState = [
  'Literal[value=/^@xstate\\.(event|microstep|snapshot|action)$/]',
  ':matches(MemberExpression > Identifier, Property > Identifier)[name=/^_(transitions|scheduledEvents)$/]',
].map((selector) => ({
  selector,
  message: 'Only src/inspect/interpreter.ts knows this of XState.',
}));

/** An import of Node's own modules, with or without the prefix. */
const nodeModules = {
  regex: '^(node:|(fs|http|https|net|os|path|tls|timers|child_process|crypto)(/|$))',
  message: 'This code talks to nothing.',
};
const outside = { regex: '/(test|docs)/', message: 'What is published uses what is published.' };

/**
 * The folders of the product, from the ground up. A file imports from its own folder and from floors
 * below it, so that no two folders need each other. Beside them in `src` stand the package's entries.
 */
const floors = [
  ...[
    'text',
    'http',
    'errors',
    'time',
    'validation',
    'logging',
    'term',
    'kubernetes',
    'lock',
    'config',
  ],
  ...['machines', 'election', 'gate', 'metrics', 'inspect', 'testing', 'cli'],
];

/** The number of the floor that a file stands on; that of an entry is above all others. */
function floorOf(file) {
  const [top, folder, ...rest] = relative(root, file).split(sep);
  if (top !== 'src') return floors.indexOf(top);
  return rest.length === 0 ? floors.length : floors.indexOf(folder);
}

const house = {
  rules: {
    floors: {
      meta: { type: 'problem', schema: [] },
      create: (context) => {
        const own = floorOf(context.filename);
        const check = ({ source }) => {
          if (typeof source?.value !== 'string' || !source.value.startsWith('.')) return;
          const target = floorOf(resolve(dirname(context.filename), source.value));
          if (own === -1 || target === -1) {
            context.report({
              node: source,
              message: 'This folder has no floor yet: see `floors`.',
            });
          } else if (target > own) {
            const message = `${floors[own]} stands below ${floors[target] ?? 'the entries'}, and imports nothing from it.`;
            context.report({ node: source, message });
          }
        };
        return {
          ImportDeclaration: check,
          ImportExpression: check,
          ExportNamedDeclaration: check,
          ExportAllDeclaration: check,
          TSImportType: check,
        };
      },
    },
    'kebab-case-file': {
      meta: { type: 'suggestion', schema: [] },
      create: (context) => ({
        Program(node) {
          const name = basename(context.filename);
          if (/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*\.[cm]?[jt]s$/.test(name)) return;
          context.report({ node, message: `File names are kebab-case; this one is ${name}.` });
        },
      }),
    },
  },
};

export default defineConfig(
  globalIgnores(['dist/', 'coverage/', 'reports/', '.stryker-tmp/', 'test/package/consumers/']),
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    name: 'everything',
    plugins: { house },
    languageOptions: {
      globals: globals.node,
      parserOptions: { projectService: true, tsconfigRootDir: root },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'house/kebab-case-file': 'error',
      // `== null` is short for null or undefined.
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'max-lines': ['error', 275],
      'no-console': 'error',
      'no-restricted-syntax': ['error', defaultExport],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // Numbers and booleans print as one expects.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // Answers of the cluster and arguments from JavaScript need not be what their types say.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // An empty string, such as that of an unset variable, takes the other side too.
      '@typescript-eslint/prefer-nullish-coalescing': [
        'error',
        { ignorePrimitives: { string: true } },
      ],
      // What a callback of the user's threw is passed on as it is.
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true }],
      // A JSON merge patch, for one, deletes what it is told to delete.
      '@typescript-eslint/no-dynamic-delete': 'off',
      // An actor without an output is a `fromPromise<void, Input>`.
      '@typescript-eslint/no-invalid-void-type': 'off',
      // `() => socket.destroy()` and `if (…) return done();` are no claims about a value.
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      // The compiler demands the bracket for index signatures (noPropertyAccessFromIndexSignature).
      '@typescript-eslint/dot-notation': 'off',
    },
  },
  {
    name: 'published code stands alone',
    files: ['src/**', 'machines/**'],
    rules: {
      'house/floors': 'error',
      'max-lines': ['error', 250],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/no-restricted-imports': ['error', { patterns: [outside] }],
    },
  },
  {
    name: 'one clock for the election',
    files: ['machines/**', 'src/{config,election,errors,lock,logging,term,validation}/**'],
    rules: {
      'no-restricted-syntax': ['error', defaultExport, ...wallClock],
      'no-restricted-globals': [
        'error',
        ...impureGlobals.filter(({ name }) => !['process', 'console', 'Buffer'].includes(name)),
      ],
    },
  },
  {
    name: 'rules of the election touch nothing',
    files: [
      'machines/**',
      'src/lock/{decide,next-record,record,stored-record,resource-lock}.ts',
      'src/lock/{annotation-format,lease-format,lock-kinds,iso-time}.ts',
    ],
    rules: {
      'no-restricted-globals': ['error', ...impureGlobals],
      '@typescript-eslint/no-restricted-imports': ['error', { patterns: [outside, nodeModules] }],
    },
  },
  {
    name: 'the chart reads no date at all',
    files: ['machines/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        defaultExport,
        ...wallClock,
        {
          selector: ':matches(NewExpression, CallExpression)[callee.name="Date"]',
          message: 'Use an Instant.',
        },
      ],
    },
  },
  {
    name: 'one module knows what XState tells of its actors',
    files: ['src/inspect/**'],
    ignores: ['src/inspect/interpreter.ts', 'src/inspect/page/**'],
    rules: { 'no-restricted-syntax': ['error', defaultExport, ...insidesOfXState] },
  },
  {
    name: 'programs print',
    files: ['src/cli/**', 'src/logging/loggers.ts', 'docs/**', 'test/**', '.ci/**'],
    rules: { 'no-console': 'off' },
  },
  {
    name: 'NestJS has classes that are nothing but their decorators',
    files: ['docs/examples/frameworks/nestjs.ts'],
    rules: {
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
    },
  },
  {
    name: 'tests',
    files: ['test/**'],
    rules: {
      'max-lines': ['error', 600],
      // A test reaches for an element that it has just put there; if it is not, the test fails.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Fakes have the interface's shape, whether or not they wait for anything.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      // A record that is almost like another one is spread and changed.
      '@typescript-eslint/no-misused-spread': 'off',
      // Fixtures are taken apart: `({ client, expect }) => …`.
      '@typescript-eslint/unbound-method': 'off',
      // A socket that is known to be a TLSSocket is said to be one.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // vitest types its matchers (`expect.objectContaining`) as any.
      '@typescript-eslint/no-unsafe-assignment': 'off',
    },
  },
  {
    name: 'tools that ask for a default export',
    files: ['.config/**', 'test/**/*.config.ts', 'test/package/support/prepare.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    name: 'plain JavaScript',
    files: ['**/*.js'],
    extends: [tseslint.configs.disableTypeChecked],
  },
);
