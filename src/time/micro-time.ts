/**
 * RFC 3339 in UTC with six fractional digits, which is what Kubernetes' MicroTime takes (three are
 * refused). JavaScript's clock gives three; the other three are random, so that no two writes of
 * one candidate carry the same time and a write can be recognised when it is read back.
 */
export function microTime(wallMs: number, random: () => number): string {
  const micros = Math.floor(random() * 1000)
    .toString()
    .padStart(3, '0');
  return new Date(wallMs).toISOString().replace('Z', `${micros}Z`);
}
