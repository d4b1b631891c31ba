/**
 * What is signed and by whom, as fields; see `shared/fields.ts` and `list-fields.ts`:
 *
 *     digest             32 bytes
 *     signature          signer, as sized text of at most 64 bytes | sized bytes, 64 of them
 *     choice             view | slot | digest
 *     certificate        choice | kind u8 | signatures
 *     stable checkpoint  slot | digest | signatures
 *
 * Only the form is checked: whether the signers differ, and have signed that, is for those who verify. What malicious replicas
 * claim must reach them.
 */
import { signatureBytes } from '../../contract/crypto.ts';
import { numberBytes, type Reader, type Writer } from '../shared/fields.ts';
import { type ListFields, listBytes, readList, writeList } from './list-fields.ts';
import type { Certificate, Choice, Digest, Signature, StableCheckpoint } from './messages.ts';

/** The most signatures under one certificate or stable checkpoint. */
export const maxSignatures = 100;
/** The longest name of a signer, as UTF-8. */
const maxNameBytes = 64;

const hexDigest = /^[0-9a-f]{64}$/;
/** What a digest takes. */
export const digestBytes = 32;
/** What a choice takes. */
export const choiceBytes = 2 * numberBytes + digestBytes;
/** What the signature of a signer without a name takes. */
export const minSignatureBytes = 4 + 4 + signatureBytes;
/** What a certificate takes under which there is no signature. */
export const minCertificateBytes = choiceBytes + 1 + 4;
/** What a stable checkpoint takes without a signature. */
export const minStableBytes = numberBytes + digestBytes + 4;

const certificateKinds = ['prepared', 'slow', 'fast'] as const;

/** @throws RangeError where these are no 64 lower-case hexadecimal digits */
export function writeDigest(writer: Writer, digest: Digest): Writer {
  if (!hexDigest.test(digest)) throw new RangeError(`${JSON.stringify(digest)} is no digest`);
  return writer.bytes(Buffer.from(digest, 'hex'));
}

export function readDigest(reader: Reader): Digest {
  const bytes = Buffer.allocUnsafe(digestBytes);
  for (let at = 0; at < digestBytes; at += 4) bytes.writeUInt32BE(reader.u32(), at);
  return bytes.toString('hex');
}

export function signatureFieldBytes({ signer }: Signature): number {
  return minSignatureBytes + Buffer.byteLength(signer);
}

/** @throws RangeError where the name of the signer is too long, or the signature has another length than all */
export function writeSignature(writer: Writer, { signer, bytes }: Signature): Writer {
  const name = Buffer.from(signer);
  if (name.length > maxNameBytes)
    throw new RangeError(`a name of ${name.length} bytes, and at most ${maxNameBytes} fit`);
  if (bytes.length !== signatureBytes) throw new RangeError(`a signature of ${bytes.length} bytes is none`);
  return writer.sized(name).sized(bytes);
}

/** The bytes of the signature are a copy: it is kept for long, and all that came with it would stay in memory with a view. */
export function readSignature(reader: Reader): Signature {
  const signer = reader.sizedText();
  const bytes = reader.sized();
  if (Buffer.byteLength(signer) > maxNameBytes || bytes.length !== signatureBytes) reader.fail();
  return { signer, bytes: new Uint8Array(bytes.subarray(0, signatureBytes)) };
}

const signatureList: ListFields<Signature> = {
  items: 'signatures',
  max: maxSignatures,
  minBytes: minSignatureBytes,
  bytesOf: signatureFieldBytes,
  write: writeSignature,
  read: readSignature,
};

/** @throws RangeError where there are too many */
export function signaturesBytes(signatures: readonly Signature[]): number {
  return listBytes(signatureList, signatures);
}

/** @throws RangeError as `writeSignature` does */
export function writeSignatures(writer: Writer, signatures: readonly Signature[]): Writer {
  return writeList(writer, signatureList, signatures);
}

export function readSignatures(reader: Reader): readonly Signature[] {
  return readList(reader, signatureList);
}

/** @throws RangeError as `writeDigest` does */
export function writeChoice(writer: Writer, { view, slot, digest }: Choice): Writer {
  return writeDigest(writer.number(view).number(slot), digest);
}

export function readChoice(reader: Reader): Choice {
  // An object literal evaluates its fields in the order in which they stand: the order of the bytes.
  return { view: reader.number(), slot: reader.number(1), digest: readDigest(reader) };
}

/** @throws RangeError where there are too many signatures */
export function certificateBytes({ signatures }: Certificate): number {
  return choiceBytes + 1 + signaturesBytes(signatures);
}

/** @throws RangeError as `writeDigest` and `writeSignature` do */
export function writeCertificate(writer: Writer, certificate: Certificate): Writer {
  writeChoice(writer, certificate).byte(certificateKinds.indexOf(certificate.kind));
  return writeSignatures(writer, certificate.signatures);
}

export function readCertificate(reader: Reader): Certificate {
  const choice = readChoice(reader);
  const kind = certificateKinds[reader.byte()];
  if (kind === undefined) reader.fail();
  return { ...choice, kind: kind ?? 'prepared', signatures: readSignatures(reader) };
}

/** @throws RangeError where there are too many signatures */
export function stableBytes({ signatures }: StableCheckpoint): number {
  return numberBytes + digestBytes + signaturesBytes(signatures);
}

/** @throws RangeError as `writeDigest` and `writeSignature` do */
export function writeStable(writer: Writer, { slot, digest, signatures }: StableCheckpoint): Writer {
  return writeSignatures(writeDigest(writer.number(slot), digest), signatures);
}

export function readStable(reader: Reader): StableCheckpoint {
  return { slot: reader.number(), digest: readDigest(reader), signatures: readSignatures(reader) };
}
