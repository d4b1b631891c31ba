/**
 * Any value as one line of text, for people and for comparing: `vote term=2 votedFor=n1`. Equal values give equal lines,
 * different values different ones, and bytes are shown as the text that they are.
 */
export function tell(value: unknown): string {
  if (isRecord(value)) {
    const { type, kind, ...rest } = value;
    const words = [type, kind].filter((word) => typeof word === 'string').map(String);
    const odd = Object.entries({ type, kind }).filter(([, word]) => word !== undefined && typeof word !== 'string');
    return [...words, ...[...odd, ...Object.entries(rest)].map(([name, field]) => `${name}=${inner(field)}`)].join(' ');
  }
  return inner(value);
}

/** Strings that are shown without quotes: they cannot be taken for anything else. */
const plain = /^(?!(?:true|false|null|undefined|NaN|Infinity)$)[A-Za-z][\w./-]*$/;

function inner(value: unknown): string {
  if (value instanceof Uint8Array) return JSON.stringify(new TextDecoder('latin1').decode(value));
  if (Array.isArray(value)) return `[${value.map(inner).join(' ')}]`;
  if (value instanceof Map) return `Map${inner([...value])}`;
  if (value instanceof Set) return `Set${inner([...value])}`;
  if (isRecord(value)) return `{${tell(value)}}`;
  return typeof value === 'string' && !plain.test(value) ? JSON.stringify(value) : String(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !(Array.isArray(value) || value instanceof Uint8Array || value instanceof Map || value instanceof Set)
  );
}
