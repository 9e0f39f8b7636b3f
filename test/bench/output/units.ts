/** Three digits that count, and no more. */
export function number(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  const digits = Math.abs(value) >= 10 ? 1 : 2;
  return String(Number(value.toFixed(digits)));
}

export function milliseconds(ms: number): string {
  return Math.abs(ms) >= 1_000 ? `${(ms / 1_000).toFixed(2)} s` : `${number(ms)} ms`;
}

export function bytes(count: number): string {
  return count >= 1e6 ? `${number(count / 1e6)} MB` : `${number(count / 1e3)} kB`;
}

/** How a figure compares with client-go's in the same run: `1/33` or `1.4`. */
export function ratio(value: number, reference: number | undefined): string {
  if (reference === undefined || reference <= 0) return '-';
  if (value <= 0) return 'none';
  return value < reference ? `1/${number(reference / value)}` : number(value / reference);
}
