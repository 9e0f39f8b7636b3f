import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The page with what stands between the markers of each section replaced, as prettier would have it. */
export async function fillIn(path: string, sections: ReadonlyMap<string, string>): Promise<string> {
  let filled = await readFile(join(ROOT, path), 'utf8');
  for (const [name, content] of sections) {
    const [start, end] = [`<!-- generated: ${name} -->`, `<!-- end of generated: ${name} -->`];
    const from = filled.indexOf(start);
    const to = filled.indexOf(end);
    if (from < 0 || to < from) throw new Error(`${path} lacks the markers of section "${name}"`);
    filled = `${filled.slice(0, from)}${start}\n\n${content}\n\n${filled.slice(to)}`;
  }
  return format(filled, { ...(await resolveConfig(join(ROOT, path))), parser: 'markdown' });
}
