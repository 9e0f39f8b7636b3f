import { dirname, join } from 'node:path';

/** The pages, as they are where a reader has them: in the repository, or in the package. */
export interface Library {
  has(path: string): boolean;
  read(path: string): string;
}

/** The links and pictures of a page that lead to no file, or to a heading that is not there. */
export function brokenLinks(page: string, library: Library): string[] {
  return linksOf(library.read(page)).filter((link) => {
    if (isElsewhere(link)) return false;
    const [path = '', anchor] = link.split('#');
    const target = targetOf(page, path);
    if (!library.has(target)) return true;
    return anchor !== undefined && !anchorsOf(library.read(target)).includes(anchor);
  });
}

/** The files of the project that a page links to. */
export function linkedFiles(page: string, { read }: Library): string[] {
  const local = linksOf(read(page)).filter((link) => !isElsewhere(link));
  return local.map((link) => targetOf(page, link.replace(/#.*/, '')));
}

/** Whatever Markdown links to, and what a tag of HTML shows or links to. */
export function linksOf(page: string): string[] {
  const text = withoutCode(page);
  const found = [
    ...text.matchAll(/\]\(([^)\s]+)[^)]*\)/g),
    ...text.matchAll(/^\[[^\]]+\]: (\S+)$/gm),
    ...text.matchAll(/\b(?:href|src|srcset)="([^"\s]+)/g),
  ];
  return found.map(([, link = '']) => link);
}

function isElsewhere(link: string): boolean {
  return /^https?:/.test(link);
}

function targetOf(page: string, path: string): string {
  return path === '' ? page : join(dirname(page), path);
}

/** As GitHub makes anchors of headings; the second of one name gets a number. */
export function anchorsOf(page: string): string[] {
  const times = new Map<string, number>();
  return [...withoutBlocks(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => {
    const words = heading.replace(/\]\([^)]*\)/g, ']').toLowerCase();
    const anchor = words.replace(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-');
    const before = times.get(anchor) ?? 0;
    times.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
}

function withoutBlocks(page: string): string {
  return page.replace(/^```.*\n[^]*?^```$/gm, '');
}

function withoutCode(page: string): string {
  return withoutBlocks(page).replace(/`[^`\n]+`/g, '`');
}
