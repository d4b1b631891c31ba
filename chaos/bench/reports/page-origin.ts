/** Why the figures may be compared, where they come from, and how to measure them again. */
import { type Html, html } from '../../reporters/html/escape.ts';
import type { BenchResult } from '../contracts.ts';
import { batchingFacts, type Facts, originFacts, sameFacts } from './fairness.ts';

function listOf(facts: Facts): Html {
  return html`<dl class="provenance">${facts.map(([name, text]) => html`<div><dt>${name}</dt><dd>${text}</dd></div>`)}</dl>`;
}

/** What was the same on both sides, and what each batches. */
export function fairnessSection(result: BenchResult): Html {
  const batching = batchingFacts(result);
  const batched =
    batching.length === 0 ? null : html`<h3>What shares a message, a log entry or a sync</h3>${listOf(batching)}`;
  const [title, same] =
    result.ratios.length > 0
      ? ['Is it a fair comparison?', 'The same on both sides']
      : ['How it was measured', 'The same for every point'];
  return html`<section id="fairness"><h2>${title}</h2>
<div class="fairness"><h3>${same}</h3>${listOf(sameFacts(result))}${batched}</div></section>`;
}

/** The command, versions, hardware and seed. */
export function originSection(result: BenchResult, command: string): Html {
  return html`<section id="provenance"><h2>Run it again</h2>
<p class="command-line"><span class="label">The same points, rounds and seed</span><code>${command}</code></p>
${listOf(originFacts(result))}
<p class="truncated">Every figure is in bench.json, with the histograms of all latencies.</p></section>`;
}
