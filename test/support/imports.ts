import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The modules of the tests that these load, themselves included, as paths from the project's root. */
export function modulesOf(files: Iterable<string>): Set<string> {
  const found = new Set<string>();
  const waiting = [...files].map((file) => relative(ROOT, resolve(ROOT, file)));
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    waiting.push(...importedBy(file).filter((path) => path.startsWith('test/')));
  }
  return found;
}

/** What a module imports by a relative path when it is loaded; types are not loaded. */
function importedBy(file: string): string[] {
  const text = readFileSync(resolve(ROOT, file), 'utf8');
  const statements = text.matchAll(
    /^(?:import|export)\s(?!type\s)(?:[\w*{},\s]*?\sfrom\s)?\s*'(\.{1,2}\/[^']+)'/gm,
  );
  return [...statements]
    .filter(([statement]) => !takesOnlyTypes(statement))
    .map(([, path]) => path!.replace(/\.js$/, '.ts'))
    .map((path) => relative(ROOT, resolve(ROOT, dirname(file), path)));
}

function takesOnlyTypes(statement: string): boolean {
  const names = /^import\s*\{([^}]*)\}/.exec(statement)?.[1]?.split(',');
  return names?.every((name) => /^\s*(?:type\s|$)/.test(name)) ?? false;
}
