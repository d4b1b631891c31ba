/** Messages and records as bytes, for sockets and disks. The simulator passes values and never encodes. */
export interface Codec<M, R> {
  readonly encodeMessage: (msg: M) => Uint8Array;
  /** Null where the bytes are no message of this version; never throws, never reads past the end. */
  readonly decodeMessage: (bytes: Uint8Array) => M | null;
  /** In pieces that follow one another, for a large payload need not be copied. None is written to afterwards. */
  readonly encodeRecord: (record: R) => readonly Uint8Array[];
  /** Null where the bytes are no record; the replica then refuses to start. */
  readonly decodeRecord: (bytes: Uint8Array) => R | null;
}
