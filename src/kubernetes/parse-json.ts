/** Nothing that Kubernetes or an election stores is nested nearly as deep. */
export const DEEPEST_JSON = 100;

/**
 * The value of a text; undefined when it is not JSON, or nested so deep that it could be read but
 * not be written again: that is done by recursion, which would end in an overflow of the stack.
 */
export function parseJson(text: string): unknown {
  if (isTooDeep(text)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Whether there are more brackets and braces open at once than anybody needs. */
export function isTooDeep(text: string): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (inText) {
      if (code === BACKSLASH) at += 1;
      else if (code === QUOTE) inText = false;
      continue;
    }
    if (code === QUOTE) inText = true;
    // `[` and `{`, and what closes them, differ from each other in one bit only.
    else if ((code | 0x20) === 0x7b) depth += 1;
    else if ((code | 0x20) === 0x7d) depth -= 1;
    if (depth > DEEPEST_JSON) return true;
  }
  return false;
}
