/**
 * The signatures of simulated replicas: a keyed hash in place of Ed25519, and many times faster.
 *
 * A signature is SHA-256(secret, SHA-256(bytes)), written as its 64 hexadecimal digits: as many bytes as a real one has, and
 * each of them counts. The secret of a replica follows from the seed of the run and its name.
 *
 * What it promises: who holds a `Crypto` signs for its own replica alone; a signature is good for one signer, the very same
 * bytes and one run; all replicas come to the same verdict; and the same seed gives the same signatures. A malicious replica
 * that works through its own `Crypto`, as those of the lab do, can therefore forge nothing.
 *
 * What it does not: whoever verifies computes with the signer's secret, and the seed tells all secrets. It is nothing for
 * replicas in processes of their own, and no proof for anybody who does not know the seed. Each signature has one encoding
 * only, so what Ed25519 has to say about others (`strict-encodings.ts`) is not found in the simulator.
 */
import { isClient } from '../bundle.ts';
import { type Crypto, signatureBytes } from '../contract/crypto.ts';
import type { NodeId } from '../contract/ids.ts';
import { sha256 } from './sha256.ts';

const ascii = new TextEncoder();

/** Of how many clients the secret is remembered. */
const maxClients = 1024;

/**
 * @param seed - of the run
 * @param members - all whose signatures may be good, whether they belong to the group just now or not
 */
export function keyedHashCrypto(seed: number, id: NodeId, members: readonly NodeId[]): Crypto {
  const secrets = new Map(members.map((member) => [member, secretOf(seed, member)]));
  const own = secretOf(seed, id);
  const clients = new Map<NodeId, string>();
  // All clients of a simulated run are known, whatever they are called.
  const secretOfClient = (name: NodeId) => {
    const known = clients.get(name);
    if (known !== undefined) return known;
    const secret = secretOf(seed, name);
    if (clients.size < maxClients) clients.set(name, secret);
    return secret;
  };
  return {
    sign: (bytes) => ascii.encode(signatureOf(own, bytes)),
    verify: (signer, bytes, signature) => {
      const secret = secrets.get(signer) ?? (isClient(signer) ? secretOfClient(signer) : undefined);
      return secret !== undefined && isText(signature, signatureOf(secret, bytes));
    },
    digest: sha256,
  };
}

function secretOf(seed: number, member: NodeId): string {
  return sha256(`secret of ${member} in the run of seed ${seed}`);
}

/** The bytes are hashed first: a hash of a secret and of what follows could be continued by who does not know the secret. */
function signatureOf(secret: string, bytes: Uint8Array): string {
  return sha256(secret + sha256(bytes));
}

function isText(bytes: Uint8Array, text: string): boolean {
  if (bytes.length !== signatureBytes) return false;
  for (let i = 0; i < signatureBytes; i += 1) if (bytes[i] !== text.charCodeAt(i)) return false;
  return true;
}
