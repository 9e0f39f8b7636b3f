const ISO_TIME =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?:([Zz])|([+-])(\d\d):?(\d\d))?$/;

/**
 * Any ISO 8601 time as Kubernetes' MicroTime takes it: RFC 3339 in UTC with exactly six fractional
 * digits (the API server refuses three). A time without a zone is taken for UTC. Null when the
 * text is no such time.
 */
export function toMicroTime(text: string): string | null {
  const match = ISO_TIME.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, fraction = '', , sign, zoneHour, zoneMinute] =
    match;
  const written = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  // Date.parse lets 31 February pass into March; the way back shows it.
  if (Number.isNaN(written) || new Date(written).getUTCDate() !== Number(day)) return null;
  const offsetMs = (Number(zoneHour ?? 0) * 60 + Number(zoneMinute ?? 0)) * 60_000;
  const utc = new Date(sign === '-' ? written + offsetMs : written - offsetMs);
  const seconds = utc.toISOString().slice(0, -'.000Z'.length);
  return `${seconds}.${fraction.slice(0, 6).padEnd(6, '0')}Z`;
}

const ISO_DURATION = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** The seconds of an ISO 8601 duration such as `PT15S`; null when the text is none. */
export function parseIsoDuration(text: string): number | null {
  const match = ISO_DURATION.exec(text);
  if (match === null || text.endsWith('P') || text.endsWith('T')) return null;
  const [days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
  return (((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0);
}
