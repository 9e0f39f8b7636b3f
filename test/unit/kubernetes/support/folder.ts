import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';

/** A folder for the files of one test. */
export class Folder {
  path = '';

  pathOf(name: string): string {
    return join(this.path, name);
  }

  /** Writes a file, which may be run, and returns its path. */
  write(name: string, text: string): string {
    const path = this.pathOf(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode: 0o755 });
    return path;
  }
}

/** One that is new in each test of the file, and gone after it. */
export function folderOfEachTest(): Folder {
  const folder = new Folder();
  beforeEach(() => {
    folder.path = mkdtempSync(join(tmpdir(), 'test-'));
  });
  afterEach(() => {
    rmSync(folder.path, { recursive: true, force: true });
  });
  return folder;
}
