/** What the last headers of a reply say. https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
import { decodeHeaders } from './hpack.ts';

const statusNames = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

type StatusName = (typeof statusNames)[number];

export function statusNumber(name: StatusName): number {
  return statusNames.indexOf(name);
}

export interface GrpcStatus {
  /** Null where the server gave none. */
  readonly status: number | null;
  /** The name of the status, and what the server said of it. */
  readonly message: string;
}

/**
 * Reads the last headers of replies. They are the same few bytes for every success, as header blocks of a peer without a
 * dynamic table depend on nothing but their headers; so the bytes that said OK once are known again without reading them.
 */
export class StatusReader {
  #ok = Buffer.alloc(0);

  /**
   * Null where the call succeeded.
   *
   * @throws ConnectionError where it is no header block
   */
  read(buffer: Buffer, start: number, end: number): GrpcStatus | null {
    if (this.#isOk(buffer, start, end)) return null;
    const headers = new Map(decodeHeaders(buffer.subarray(start, end)));
    const given = headers.get('grpc-status');
    if (given === undefined) {
      const http = headers.get(':status');
      return { status: null, message: http === undefined ? 'no status' : `no status, but the HTTP status ${http}` };
    }
    const status = Number(given);
    if (status === 0) {
      this.#ok = Buffer.from(buffer.subarray(start, end));
      return null;
    }
    const said = headers.get('grpc-message') ?? '';
    const name = statusNames[status] ?? `status ${given}`;
    return { status, message: said === '' ? name : `${name}: ${percentDecoded(said)}` };
  }

  #isOk(buffer: Buffer, start: number, end: number): boolean {
    const ok = this.#ok;
    if (end - start !== ok.length) return false;
    for (let at = 0; at < ok.length; at += 1) if (buffer[start + at] !== ok[at]) return false;
    return ok.length > 0;
  }
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
