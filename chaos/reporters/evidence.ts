import type { Reporter } from '../contracts/report.ts';
import { convictionsOf } from '../convictions.ts';
import { keysOf } from '../evidence.ts';
import { evidenceFileName, evidenceFileText } from '../evidence-file.ts';

/** What convicts somebody, for others to verify; no more of the record than that takes. */
const reporter: Reporter = {
  summary: 'evidence.json: who is convicted by what it signed, with all that it takes to verify that',
  render: async ({ recording }) => {
    const { protocol } = recording.plan;
    const evidence = await convictionsOf(recording);
    const content = evidenceFileText({ protocol, keys: keysOf(recording) ?? null, evidence });
    return [{ name: evidenceFileName, content }];
  },
};

export default reporter;
