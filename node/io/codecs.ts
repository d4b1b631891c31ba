/** Where the codec of a protocol comes from. */
import type { Codec } from '../protocol.ts';
import { protocolFile } from './protocols.ts';

/** The export `<name>Codec` of `protocols/<name>/codec`. */
export async function loadCodec(protocol: string): Promise<Codec<unknown, unknown>> {
  const module = (await import(protocolFile(protocol, 'codec'))) as Record<string, Codec<unknown, unknown>>;
  const codec = module[`${protocol}Codec`];
  if (codec === undefined) throw new Error(`protocols/${protocol}/codec does not export ${protocol}Codec`);
  return codec;
}
